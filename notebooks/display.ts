/** What Jupyter asks an object for: a value per media type, of which a viewer takes the best that it knows. */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display');
