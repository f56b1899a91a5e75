/**
 * The method that Jupyter calls to display an object. It returns a value per media type, of which a viewer
 * shows the richest one that it supports.
 */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display');

/** An object that Jupyter can display. */
export interface Displayable {
  [DISPLAY](): object | Promise<object>;
}
