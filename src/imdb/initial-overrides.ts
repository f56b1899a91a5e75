/**
 * The code points for which npm's `unidecode` differs from Python's Unidecode, which named the partitions of existing
 * lakes. Each entry is `hexadecimal code point = its conversion by Python in an initial`, with `_` for white space.
 * Determined for every Unicode code point with Unidecode 1.3.6; `test/imdb/make-initials-table.py` creates the test data.
 */
export const INITIAL_OVERRIDES: ReadonlyMap<number, string> = readOverrides(`
bc=_14 bd=_12 be=_34 2e5= 2e6= 2e7= 2e8= 2e9= 2ef= 2f3= 3f4= 3f5= 3f6= 3f7= 3f8= 3f9= 3fc= 3fd= 3fe=
3ff= 404=IE 5ba=O 5c6=N 5c7=O 5d0=A 5d7=H 5da=KH 5db=KH 5e7=K 5ef=YY 5f2=EY 6ff= af1= af9= 13f5=
13f8= 13f9= 13fa= 13fb= 13fc= 13fd= 1d00=A 1d01=AE 1d02=AE 1d03=B 1d04=C 1d05=D 1d06=D 1d07=E 1d08=E
1d09=I 1d0a=J 1d0b=K 1d0c=L 1d0d=M 1d0e=N 1d0f=O 1d11=O 1d13=O 1d14=OE 1d15=OU 1d18=P 1d19=R 1d1a=R
1d1b=T 1d1c=U 1d1d=U 1d1e=U 1d1f=M 1d20=V 1d21=W 1d22=Z 1d2f=B 1d32=E 1d3b=N 1d46=AE 1d4e=I 1d51=
1d53= 1d59=U 1d5a=M 1d60=F 1d61= 1d69=F 1d6a= 1d6c=B 1d6d=D 1d6e=F 1d6f=M 1d70=N 1d71=P 1d72=R
1d73=R 1d74=S 1d75=T 1d76=Z 1d77=G 1d7d=P 1d80=B 1d81=D 1d82=F 1d83=G 1d84=K 1d85=L 1d86=M 1d87=N
1d88=P 1d89=R 1d8a=S 1d8c=V 1d8d=X 1d8e=Z 1e9c= 1e9d= 1e9f= 1efa= 1efb= 1efc= 1efd= 1efe= 1eff=
2028=_ 2029=_ 204a= 205f=_ 20b0=PF 20b1=P 20b2=G 20b3=A 20b4=UA 20b5=C 20b6=L 20b7=SM 20b8=T 20b9=RS
20ba=L 20bb=M 20bc=M 20bd=R 20be=L 20bf=BT 2100=_AC 2101=_AS 2103= 2105=_CO 2106=_CU 2107= 2109=
210f= 2117=P 2126=OH 212e=E 2132=F 2136= 2137= 2138= 213c= 213d= 213e= 213f= 214e=F 2150=_17
2151=_19 2152=_11 2189=_03 232a=_ 24eb=11 24ec=12 24ed=13 24ee=14 24ef=15 24f0=16 24f1=17 24f2=18
24f3=19 24f4=20 24f5=1 24f6=2 24f7=3 24f8=4 24f9=5 24fa=6 24fb=7 24fc=8 24fd=9 24fe=10 24ff=0 25f4=
25f5= 25f6= 25f7= 27e9=_ 2984=_ 2c60=L 2c61=L 2c62=L 2c63=P 2c64=R 2c65=A 2c66=T 2c67=H 2c68=H
2c69=K 2c6a=K 2c6b=Z 2c6c=Z 2c6e=M 2c6f=A 2e00=R 2e01=R 2e06=T 2e07=T 2e09=S 2e30=O 2e3c=X 3057=SH
3061=CH 3063=TS 3064=TS 30b7=SH 30c1=CH 30c3=TS 30c4=TS 30ff= 327c= 327d= 327e= 32ff= 3382=UA
338c=UF 338d=UG 3395=UL 339b=UM 33b2=US 33b6=UV 33bc=UW fb1d=I fb21=A fb24=KH fb27=R fb30=A fb3a=KH
fb3b=KH fb3e=M fb41=S fb47=K fb4b=O fb4c=V fb4d=KH fb4e=F fb4f=EL fdf0= fdf1= fdf2= fdf3= fdf4=
fdf5= fdf6= fdf7= fdf8= fdf9= fdfa= fdfb= fdfc= fdfd= 1d6a8=AL 1d6a9=BE 1d6aa=GA 1d6ab=DE 1d6ac=EP
1d6ad=ZE 1d6ae=ET 1d6af=TH 1d6b0=IO 1d6b1=KA 1d6b2=LA 1d6b3=MU 1d6b4=NU 1d6b5=XI 1d6b6=OM 1d6b7=PI
1d6b8=RH 1d6b9=TH 1d6ba=SI 1d6bb=TA 1d6bc=UP 1d6bd=PH 1d6be=CH 1d6bf=PS 1d6c0=OM 1d6c1=NA 1d6c2=AL
1d6c3=BE 1d6c4=GA 1d6c5=DE 1d6c6=EP 1d6c7=ZE 1d6c8=ET 1d6c9=TH 1d6ca=IO 1d6cb=KA 1d6cc=LA 1d6cd=MU
1d6ce=NU 1d6cf=XI 1d6d0=OM 1d6d1=PI 1d6d2=RH 1d6d3=SI 1d6d4=SI 1d6d5=TA 1d6d6=UP 1d6d7=PH 1d6d8=CH
1d6d9=PS 1d6da=OM 1f12a=S 1f12d= 1f12e= 1f150=A 1f151=B 1f152=C 1f153=D 1f154=E 1f155=F 1f156=G
1f157=H 1f158=I 1f159=J 1f15a=K 1f15b=L 1f15c=M 1f15d=N 1f15e=O 1f15f=P 1f160=Q 1f161=R 1f162=S
1f163=T 1f164=U 1f165=V 1f166=W 1f167=X 1f168=Y 1f169=Z 1f170=A 1f171=B 1f172=C 1f173=D 1f174=E
1f175=F 1f176=G 1f177=H 1f178=I 1f179=J 1f17a=K 1f17b=L 1f17c=M 1f17d=N 1f17e=O 1f17f=P 1f180=Q
1f181=R 1f182=S 1f183=T 1f184=U 1f185=V 1f186=W 1f187=X 1f188=Y 1f189=Z 1f190=DJ 1f191=CL 1f192=CO
1f193=FR 1f194=ID 1f195=NE 1f196=NG 1f197=OK 1f198=SO 1f199=UP 1f19a=VS 1f19b=3D 1f19c=2N 1f19d=2K
1f19e=4K 1f19f=8K 1f1a0=51 1f1a1=71 1f1a2=22 1f1a3=60 1f1a4=12 1f1a5=D 1f1a6=HC 1f1a7=HD 1f1a8=HI
1f1a9=LO 1f1aa=SH 1f1ab=UH 1f1ac=VO 1f1ad=M 1f670=ET 1f671=ET 1f672=ET 1f673=ET
`);

function readOverrides(text: string): ReadonlyMap<number, string> {
  const overrides = new Map<number, string>();
  for (const entry of text.trim().split(/\s+/)) {
    const [hex = '', letters = ''] = entry.split('=');
    overrides.set(Number.parseInt(hex, 16), letters);
  }
  return overrides;
}
