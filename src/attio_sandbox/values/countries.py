"""Countries, calling codes and two-level public suffixes, as plain tables."""

from __future__ import annotations

_COUNTRIES = """
AC AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA
LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY
MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""

_CALLING_CODES = """
FI:358 GB:44 IT:39 NO:47 RU:7 US:1 AC:247 AD:376 AE:971 AF:93 AG:1268 AI:1264 AL:355 AM:374
AO:244 AR:54 AS:1684 AT:43 AU:61 AW:297 AX:358 AZ:994 BA:387 BB:1246 BD:880 BE:32 BF:226 BG:359
BH:973 BI:257 BJ:229 BM:1441 BN:673 BO:591 BR:55 BS:1242 BT:975 BW:267 BY:375 BZ:501 CA:1 CD:243
CF:236 CG:242 CH:41 CI:225 CK:682 CL:56 CM:237 CN:86 CO:57 CR:506 CU:53 CV:238 CW:599 CY:357
CZ:420 DE:49 DJ:253 DK:45 DM:1767 DO:1809 DZ:213 EC:593 EE:372 EG:20 ER:291 ES:34 ET:251 FJ:679
FK:500 FM:691 FO:298 FR:33 GA:241 GD:1473 GE:995 GF:594 GH:233 GI:350 GL:299 GM:220 GN:224
GP:590 GQ:240 GR:30 GT:502 GU:1671 GW:245 GY:592 HK:852 HN:504 HR:385 HT:509 HU:36 ID:62 IE:353
IL:972 IN:91 IO:246 IQ:964 IR:98 IS:354 JM:1876 JO:962 JP:81 KE:254 KG:996 KH:855 KI:686 KM:269
KN:1869 KP:850 KR:82 KW:965 KY:1345 KZ:7 LA:856 LB:961 LC:1758 LI:423 LK:94 LR:231 LS:266 LT:370
LU:352 LV:371 LY:218 MA:212 MC:377 MD:373 ME:382 MG:261 MH:692 MK:389 ML:223 MM:95 MN:976 MO:853
MP:1670 MQ:596 MR:222 MS:1664 MT:356 MU:230 MV:960 MW:265 MX:52 MY:60 MZ:258 NA:264 NC:687
NE:227 NF:672 NG:234 NI:505 NL:31 NP:977 NR:674 NU:683 NZ:64 OM:968 PA:507 PE:51 PF:689 PG:675
PH:63 PK:92 PL:48 PM:508 PR:1787 PS:970 PT:351 PW:680 PY:595 QA:974 RE:262 RO:40 RS:381 RW:250
SA:966 SB:677 SC:248 SD:249 SE:46 SG:65 SH:290 SI:386 SK:421 SL:232 SM:378 SN:221 SO:252 SR:597
SS:211 ST:239 SV:503 SX:1721 SY:963 SZ:268 TC:1649 TD:235 TG:228 TH:66 TJ:992 TK:690 TL:670
TM:993 TN:216 TO:676 TR:90 TT:1868 TV:688 TW:886 TZ:255 UA:380 UG:256 UY:598 UZ:998 VC:1784
VE:58 VG:1284 VI:1340 VN:84 VU:678 WF:681 WS:685 XK:383 YE:967 ZA:27 ZM:260 ZW:263
"""

_SUFFIXES = """
com.ar org.ar co.at or.at asn.au com.au edu.au gov.au id.au net.au org.au com.br gov.br net.br
org.br com.cn edu.cn gov.cn net.cn org.cn com.co com.cy com.ec com.eg com.es org.es com.gh
com.gr com.hk edu.hk org.hk co.hu ac.id co.id ac.il co.il org.il ac.in co.in firm.in gov.in
net.in org.in ac.jp co.jp go.jp ne.jp or.jp co.ke ac.kr co.kr go.kr or.kr com.mt com.mx gob.mx
org.mx com.my com.ng ac.nz co.nz govt.nz net.nz org.nz com.pe com.ph com.pl net.pl org.pl com.pt
com.ro com.ru com.sa com.sg edu.sg gov.sg ac.th co.th com.tr gov.tr org.tr com.tw edu.tw org.tw
com.ua ac.uk co.uk gov.uk ltd.uk me.uk net.uk nhs.uk org.uk plc.uk sch.uk com.uy com.ve com.vn
ac.za co.za gov.za org.za
"""

# The codes that Attio takes: ISO 3166-1 alpha-2 with AN, XK and AC.
COUNTRIES = frozenset(_COUNTRIES.split())

# Of countries that share a calling code, the first one in the table gets its numbers.
CALLING_CODES: dict[str, str] = {pair[:2]: pair[3:] for pair in _CALLING_CODES.split()}

# Where the leading zero of a national number is part of the international one.
KEEPS_TRUNK_ZERO = frozenset({"IT", "SM", "CI", "CG", "GA"})

# A short excerpt of the public-suffix list: the second levels that companies register under.
PUBLIC_SUFFIXES = frozenset(_SUFFIXES.split())
