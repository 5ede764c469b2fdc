"""Exports in the shapes that brokers and platforms give them, every value invented; what is held by each.

Column names as public parsers and their samples have them, November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """One file.

    Attributes:
        name: The broker and the page.
        text: The file.
        held: `SYMBOL quantity cost [stop]`, a line each.
        out: What the notes must name.
        silent: What no note may name.
    """

    name: str
    text: str
    held: str
    out: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


HELD = (
    Export(
        "TWS, shares of other countries below a stock",
        """Financial Instrument,Position,Last,Avg Price,Currency
BAC,1000,13.95,13.861,USD
BAC Jan16'26 15 CALL,-10,0.33,0.35,USD
SAP@IBIS,10,210,200,EUR
XYZ@ABC,10,210,200,USD
""",
        "BAC 1000 13.861",
        ("BAC Jan16'26 15 CALL", "SAP@IBIS (EUR)", "XYZ@ABC"),
    ),
    Export(
        "Questrade, with a Toronto listing",
        """Equity Symbol,Equity Description,Currency,Open Qty,Avg Price,Market Price,Market Value,P&L
BAC,BANK OF AMERICA CORP,USD,1000,13.861,13.95,13950,89
RY.TO,ROYAL BANK OF CANADA,CAD,10,120,125,1250,50
""",
        "BAC 1000 13.861",
        ("RY.TO (CAD)",),
    ),
    Export(
        "holdings shown with their dividends",
        """Symbol,Shares,Price,Market Value,Ex-Date,Pay Date,Dividend Amount
BAC,1000,13.95,13950,2025-12-01,2025-12-15,260
""",
        "BAC 1000 0",
    ),
    Export(
        "Fidelity, a coin beside shares whose type says their account",
        """Account Name/Number,Symbol,Description,Quantity,Last Price,Current Value,Average Cost Basis,Type
X1,SPAXX**,FIDELITY GOVERNMENT MONEY MARKET,1000,$1.00,$1000.00,,Cash,
X1,BTC,BITCOIN,0.5,$60000,$30000,$50000,Crypto,
X1,FXAIX,FIDELITY 500 INDEX FUND,10,$200,$2000,$190,Cash,
X1,BAC,BANK OF AMERICA,1000,$13.95,$13950,$13.861,Cash,
X1,USD,US DOLLAR,500,$1.36,$680,,Cash,
X1,GBTC,GRAYSCALE BITCOIN TRUST ETF,100,$50,$5000,$45,Cash,
""",
        "BAC 1000 13.861\nGBTC 100 45",
        ("SPAXX", "BTC", "FXAIX", "USD"),
    ),
    Export(
        "two accounts, long in one and short in the other",
        """Account,Symbol,Qty,Avg Price,Last Price
A,BAC,1000,13.861,13.95
B,BAC,-1000,13.90,13.95
A,NIO,500,4.40,4.35
""",
        "NIO 500 4.40",
        ("BAC: nothing held in all",),
    ),
    Export(
        "E*TRADE, with a filter's line, a CD, an option, lots, cash and a total",
        """Account Summary
Account,Net Account Value,Total Gain $,Total Gain %,Day's Gain Unrealized $,Day's Gain Unrealized %
"Individual Brokerage -2203",169664.71,-4146.87,-2.49,-34.86,-.02

View Summary - All Positions
Filters applied:
Symbol,Security type(s),Sort by,Sort order,
,All,Symbol,Asc,

Symbol,Last Price $,Change $,Change %,Quantity,Price Paid $,Day's Gain $,Total Gain $,Total Gain %,Value $
KEY BANK CD CLEVELAND OH CD 3.85% 08/24/2026,99.9934,--,--,110000.0000,100.00,3.7400,-7.2600,-.0066,109992.7400
BAC,46.10,-0.04,-3.20,1000.0000,13.861,-38.6000,-511.4500,-30.4598,46100.0000
  02/03/2022,46.10,-0.04,-3.20,600.0000,12.00,-38.6000,-511.4500,-30.4598,27660.0000
  07/09/2023,46.10,-0.04,-3.20,400.0000,16.6525,-38.6000,-511.4500,-30.4598,18440.0000
"QQQ Dec 31 '26 $600 Put",14.16,0.00,0.00,1.0000,50.35,.0000,-3628.1600,-72.0493,1407.5000
VMFXX,1.00,0.00,0.00,50000.0000,1.00,.0000,.0000,.0000,50000.0000
CASH,1.00,0.00,0.00,7096.82,1.0000,,,,7096.82,
TOTAL,,,,166714.76,-34.86,-4146.87,-2.49,169664.71,

Generated at Nov 20 2026 11:42 AM ET
""",
        "BAC 1000 13.861",
        ("KEY BANK CD", "QQQ Dec 31", "VMFXX", "CASH"),
        ("TOTAL", "02/03/2022"),
    ),
    Export(
        "Vanguard: holdings, then transactions, in one file",
        """Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,
11111111,U S TREASURY NOTE INFLATION INDEX NOTE 1.875 01/15/36,null,5000,100.00,500000.00,
11111111,VANGUARD FEDERAL MONEY MARKET INVESTOR CL,VMFXX,1234.56,1,1234.56,
11111111,VANGUARD TOTAL STOCK MARKET INDEX ADMIRAL CL,VTSAX,10.5,130.7,1372.35,
11111111,NVIDIA CORP,NVDA,100,130.7,13070.00,
22222222,VANGUARD TOTAL STOCK MARKET ETF,VTI,50,200.00,10000.00,



Account Number,Trade Date,Settlement Date,Transaction Type,Transaction Description,Investment Name,Symbol,Shares,Share Price,Principal Amount,Commissions and Fees,Net Amount,Accrued Interest,Account Type,
11111111,2026-11-20,2026-11-21,Buy,Buy,NVIDIA CORP,NVDA,30.00000,130.3,3909.0,0.0,3909.3,0.0,CASH,
11111111,2026-11-19,2026-11-20,Sell,Sell,BANK OF AMERICA,BAC,-500.00000,46.3,23150.0,0.0,23150.0,0.0,CASH,
""",
        "NVDA 100 0\nVTI 50 0",
        ("VMFXX", "VTSAX"),
        ("BAC",),
    ),
    Export(
        "Merrill, a blank before each comma, balances below",
        """Exported on: 07/31/2026 08:48 PM ET\r

Selected account(s):CMA-Edge 11X-11X11\r
,\r
"CMA-Edge 11X-11X11" ,"Value" ,"Day's Value Change" ,"Unrealized Gain/Loss" \r
"" ,"$38,897.21" ,"+$143.29 +0.37%" ,"+$1,714.85 +4.62%" \r
"" \r
"Symbol " ,"Description" ,"Quantity" ,"Price" ,"Day's Price $ Chg % Chg" ,"Value" ,"Total Client Investment" ,"Unrealized Gain/Loss $ Chg % Chg" \r
"JEPI" ,"JPMORGAN EQUITY" ,"122.5084" ,"$57.43" ,"+$0.19 +0.33%" ,"$7,035.66" ,"$6,877.18" ,"+$17.29 +0.25%" \r
"DBMAX" ,"BNY MELLON SMALL/MID CAP" ,"171.567" ,"$21.69" ,"$0.00 0.00%" ,"$3,721.29" ,"$3,000.00" ,"+$1.00 +0.1%" \r
"Balances" ,"" ,"" ,"" ,"" ,"" ,"" ,"" \r
"Money accounts" ,"ML DIRECT DEPOSIT PROGRM" ,"28" ,"$1.00" ,"$0.00 0.00%" ,"$28.00" ,"--" ,"-- --" \r
"Total" ,"" ,"" ,"" ," " ,"$38,897.21" ,"" ,"+$1,714.85 +4.62%" \r
""",
        "JEPI 122 0",
        ("DBMAX", "Money accounts", "122.5084"),
        ("Total",),
    ),
    Export(
        "thinkorswim, position statement: a stock alone, one in a group with its options, a group of options",
        """Position Statement for 00000000SCHW (Individual) on 9/29/26 22:14:27

Equities and Equity Options
Instrument,Qty,Days,Trade Price,Mark,Mrk Chng,Net Liq
DRAM,+200,,69.3705,61.11,+1.41,"$12,222.00"
BAC,,,,,,"$46,000.00"
BANK OF AMERICA CORP COM,"+1,000",,13.861,46.10,+.10,"$46,100.00"
100 16 OCT 26 50 CALL,-10,17,2.05,1.935,-.6663,($193.50)
GOOGL,,,,,,"$6,761.50"
100 21 JAN 28 330 CALL,+1,479,100.80,69.55,-2.5556,"$6,955.00"

Futures
Instrument,Qty,Days,Trade Price,Mark,Mrk Chng,Net Liq
/MES,+1,,4777.50,4776.25,-2.25,($6.25)
"Micro E-mini S&P 500, Mar-27 (prev. /MESH7)",+1,79,4777.50,4776.25,-2.25,($6.25)

Cash & Sweep Vehicle,"$1,201.00"
""",
        "DRAM 200 69.3705\nBAC 1000 13.861",
        ("50 CALL", "330 CALL"),
        ("Micro",),
    ),
    Export(
        "Interactive Brokers, Trader Workstation's portfolio",
        """Financial Instrument,Position,Last,Cost Basis,Avg Price,Market Value,Unrealized P&L
BAC,1000,46.1,13861,13.861,46100,32239
BRK B,20,480,9500,475,9600,100
BAC PRL,10,1200.5,11990,1199,12005,15
BAC Jan30'27 50 CALL,-10,2,200,0.2,100,100
""",
        "BAC 1000 13.861\nBRK.B 20 475\nBACpL 10 1199",
        ("Jan30",),
    ),
    Export(
        "Interactive Brokers, flexible report with lots, two sections, another currency",
        """"ClientAccountID","CurrencyPrimary","AssetClass","Symbol","Description","ListingExchange","Quantity","MarkPrice","CostBasisPrice","CostBasisMoney","OpenDateTime","LevelOfDetail","Strike","Expiry","Put/Call"
"U0000000","USD","STK","BAC","BANK OF AMERICA CORP","NYSE","1000","46.1","13.861","13861","","SUMMARY","","",""
"U0000000","USD","STK","BAC","BANK OF AMERICA CORP","NYSE","600","46.1","12","7200","2023-07-07;153944","LOT","","",""
"U0000000","USD","STK","BAC","BANK OF AMERICA CORP","NYSE","400","46.1","16.6525","6661","2024-02-10;151044","LOT","","",""
"U0000000","GBP","STK","VOD","VODAFONE GROUP PLC","LSE","500","0.7","0.9","450","","SUMMARY","","",""
"U0000000","USD","STK","CSPX","ISHARES CORE S&P 500","LSEETF","5","700","650","3250","","SUMMARY","","",""
"U0000000","USD","OPT","NIO   261218C00006000","NIO 18DEC26 6 C","CBOE","10","0.1","0.2","200","","SUMMARY","6","2026-12-18","C"
"U0000000","USD","FUT","ESZ6","ES DEC26","CME","1","6000","5900","295000","","SUMMARY","","2026-12-18",""
"U0000000","USD","BOND","T 4 5/8 02/15/35","US TREASURY","","10000","99","98","9800","","SUMMARY","","",""
"ClientAccountID","CurrencyPrimary","StartingCash","EndingCash"
"U0000000","USD","1000","2000"
"U0000000","EUR","10","20"
"ClientAccountID","CurrencyPrimary","AssetClass","Symbol","TradeDate","Quantity","TradePrice","Buy/Sell"
"U0000000","USD","STK","NIO","2026-11-20","500","4.4","BUY"
""",
        "BAC 1000 13.861",
        ("VOD (GBP)", "CSPX", "NIO   261218C", "ESZ6", "T 4 5/8"),
        ("SAP",),
    ),
    Export(
        "Interactive Brokers, activity statement with trades and forex",
        """Statement,Header,Field Name,Field Value
Statement,Data,Title,Activity Statement
Net Asset Value,Header,Asset Class,Prior Total,Current Long,Current Short,Current Total,Change
Net Asset Value,Data,Stock,1,2,3,4,5
Mark-to-Market Performance Summary,Header,Asset Category,Symbol,Prior Quantity,Current Quantity,Prior Price,Current Price,Code
Mark-to-Market Performance Summary,Data,Stocks,BAC,1000,1000,46,46.1,
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code
Trades,Data,Order,Stocks,USD,NIO,"2026-11-20, 09:30:00",500,4.4,4.5,-2200,-1,2201,0,50,O
Long Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code
Long Open Positions,Data,Summary,Stocks,USD,BAC,1000,1,13.861,13861,46.1,46100,32239,
Long Open Positions,Data,Summary,Equity and Index Options,USD,NIO 18DEC26 6 C,5,100,0.2,100,0.1,50,-50,
Short Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code
Short Open Positions,Data,Summary,Stocks,USD,AMC,-200,1,5.5,-1100,5.1,-1020,80,
Forex Balances,Header,Asset Category,Currency,Description,Quantity,Cost Price,Cost Basis in USD,Close Price,Value in USD,Unrealized P/L in USD,Code
Forex Balances,Data,Forex,USD,EUR,1000,1.08,1080,1.09,1090,10,
""",
        "BAC 1000 13.861\nAMC -200 5.5",
        ("NIO 18DEC26",),
        ("EUR",),
    ),
    Export(
        "tastytrade, positions",
        """Account,Symbol,Type,Quantity,Exp Date,DTE,Strike Price,Call/Put,Underlying Last Price,P/L Open,Trade Price,Mark
5WX00000,BAC,STOCK,1000,,,,,46.10,32239,13.861,46.10
5WX00000,NIO   261218C00006000,OPTION,-5,Dec 18 2026,28d,6,CALL,5.10,10,0.40,0.30
5WX00000,/ESZ6,FUTURE,1,Dec 18 2026,28d,,,6000,10,5990,6000
5WX00000,BTC/USD,CRYPTOCURRENCY,0.5,,,,,87000,10,80000,87000
""",
        "BAC 1000 13.861",
        ("NIO   261218C", "/ESZ6", "BTC/USD"),
    ),
    Export(
        "options that bear the underlying's symbol, a stock in a covered call",
        """Symbol,Description,Strategy,Asset Type,Quantity,Average Price,Market Value,Expiration,Strike,Option Type
BAC,BANK OF AMERICA,Covered Call,Equity,1000,13.861,46100,,,
BAC,BAC 12/18/2026 50 C,Covered Call,Option,-10,0.5,-400,12/18/2026,50,Call
NIO,NIO INC ADR,,Equity,500,4.40,2550,--,--,--
""",
        "BAC 1000 13.861\nNIO 500 4.40",
        ("BAC",),
    ),
    Export(
        "a group of stock and options whose kind is the strategy's",
        """Symbol,Name,Type,Quantity,Avg Price,Last Price
BAC,Bank of America,Covered Stock,1000,13.861,46.1
BAC261218C00050000,BAC 261218 50C,Covered Stock,-10,0.5,0.4
""",
        "BAC 1000 13.861",
        ("BAC261218C00050000",),
    ),
    Export(
        "Trading 212, a pie",
        """Slice,Name,Invested value,Value,Result,Owned quantity
AAPL_US_EQ,Apple,1500.00,1750.00,250.00,10.5
Total,Pie,1500.00,1750.00,250.00,
""",
        "AAPL 10 142.8571",
        ("10.5",),
    ),
    Export(
        "Questrade, an exchange in the ticker",
        """Equity Symbol,Symbol,Description,Currency,Open qty,Avg price,Mkt value,Mkt price
BAC,BAC,BANK OF AMERICA,USD,1000,13.861,46100,46.10
RY,RY.TO,ROYAL BANK OF CANADA,CAD,100,120.5,14000,140
ENB,ENB.TO,ENBRIDGE,,100,50.5,6000,60
""",
        "BAC 1000 13.861",
        ("RY.TO (CAD)", "ENB.TO"),
    ),
    Export(
        "Saxo, European numbers, exchanges in the ticker",
        """Instrument;Symbol;L/S;Quantity;Open price;Current price;Instrument currency;Asset type
Bank of America Corp.;BAC:xnys;Long;1.000;13,861;46,10;USD;Stock
NIO Inc. ADR;NIO:xnys;Short;500;4,40;5,10;USD;Stock
SAP SE;SAP:xetr;Long;100;140,50;150,00;EUR;Stock
DAX.I;GER40.I;Long;2;18000,00;18100,00;EUR;CfdOnIndex
""",
        "BAC 1000 13.861\nNIO -500 4.40",
        ("SAP:xetr (EUR)", "GER40.I"),
    ),
    Export(
        "a European file, Windows' letters apart, decided by the cost",
        "Bezeichnung;Symbol;Stück;Einstandskurs;Währung\nBank of America;BAC;1.000;13,86;USD\nSAP SE;SAP;200;140,50;EUR\n",
        "BAC 1000 13.86",
        ("SAP (EUR)",),
    ),
    Export(
        "separators that a price and a quantity decide",
        "Ticker;Shares;Price;Value;Side\nBAC;1,000;46;46000;Long\n",
        "BAC 1000 0",
    ),
    Export(
        "a US file with three decimals",
        "Symbol,Quantity,Average Cost,Last Price\nBAC,1.000,13.861,46.10\n",
        "BAC 1 13.861",
    ),
    Export(
        "moomoo",
        """Code,Name,Quantity,Current price,Average Cost,Market Value,Currency
US.BAC,Bank of America,"1,000",46.100,13.861,"46,100.00",USD
HK.00700,TENCENT,100,400.000,380.000,"40,000.00",HKD
KO,Coca-Cola,0,87.135,79.50,0.00,USD
MSFT270617C390/480,MSFT Vertical,1,62.575,2.65,"6,257.50",USD
""",
        "BAC 1000 13.861",
        ("HK.00700 (HKD)", "MSFT270617C390/480"),
        ("KO",),
    ),
    Export(
        "Alpaca, the fields of its interface as columns",
        """asset_id,symbol,exchange,asset_class,avg_entry_price,qty,side,market_value,cost_basis,unrealized_pl,current_price
1,BAC,NYSE,us_equity,13.861,1000,long,46100,13861,32239,46.1
2,NIO,NYSE,us_equity,4.4,-500,short,-2550,-2200,-350,5.1
3,BAC.PRL,NYSE,us_equity,1199,10,long,12005,11990,15,1200.5
4,BTCUSD,CRYPTO,crypto,80000,0.5,long,43500,40000,3500,87000
""",
        "BAC 1000 13.861\nNIO -500 4.4\nBACpL 10 1199",
        ("BTCUSD",),
    ),
    Export(
        "lots that are all there is, and lots below their sum",
        """Symbol,Quantity,Date Acquired,Cost Per Share,Market Value
BAC,600,01/02/2022,12,27660
BAC,400,03/04/2023,16.6525,18440
NIO,500,,4.40,2550
NIO,300,01/02/2024,4.00,1530
NIO,200,01/02/2025,5.00,1020
""",
        "BAC 1000 13.861\nNIO 500 4.40",
    ),
    Export(
        "J.P. Morgan, ETFs under the class of what they hold",
        """Asset Class,Asset Strategy,Description,Ticker,CUSIP,Quantity,Price,Value,Unit Cost,Cost
Fixed Income & Cash,US Fixed Income,ISHARES CORE US AGGREGATE BOND ETF,AGG,464287226,100,98.5,9850,97.25,9725
Equity,US Large Cap,BANK OF AMERICA CORP,BAC,060505104,1000,46.1,46100,13.861,13861
Fixed Income & Cash,Cash,US DOLLAR,QCERQ,,5000,1,5000,1,5000
FOOTNOTES
""",
        "AGG 100 97.25\nBAC 1000 13.861",
        ("QCERQ",),
    ),
    Export(
        "Schwab, preferred shares and classes",
        """"Positions for account Individual ...123 as of 09:31 AM ET, 2026/11/20"

"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis","Security Type",
"BAC/PRL","BANK OF AMERICA 7.25% PFD","10","$1,200.50","$12,005.00","$11,990.00","Equity",
"QYLD","GLOBAL X NASDAQ 100 COVERED CALL ETF","100","$16.50","$1,650.00","$1,700.00","ETFs & Closed End Funds",
"SWPPX","SCHWAB S&P 500 INDEX FUND","20.5","$80.00","$1,640.00","$1,500.00","Mutual Fund",
"Cash & Cash Investments","--","--","--","$1,234.00","--","Cash and Money Market",
"Positions Total","","--","--","$56,934.00","$23,361.00","--",
""",
        "BACpL 10 1199.0000\nQYLD 100 17.0000",
        ("SWPPX",),
        ("Total",),
    ),
    Export(
        "companies whose names sound like something else",
        """Symbol,Description,Quantity,Average Cost,Last Price
CORZ,CORE SCIENTIFIC INC,100,10.5,12.5
CASH,PATHWARD FINANCIAL INC,50,71.5,80.25
USD,PROSHARES ULTRA SEMICONDUCTORS,20,60.5,90.25
BTC,GRAYSCALE BITCOIN MINI TRUST ETF,30,38.5,40.25
ETH,Ethereum,1.5,2000,3000.5
NOK,NOKIA CORP,40,4.5,5.25
QYLD,GLOBAL X NASDAQ 100 COVERED CALL ETF,10,16.5,16.75
BRKB,BERKSHIRE HATHAWAY INC COM USD0.0033 CLASS B,5,400.5,480.25
""",
        "CORZ 100 10.5\nCASH 50 71.5\nUSD 20 60.5\nBTC 30 38.5\nNOK 40 4.5\nQYLD 10 16.5\nBRK.B 5 400.5",
        ("ETH",),
    ),
    Export(
        "excel's line that names the delimiter",
        "sep=;\nSymbol;Quantity;Average Cost\nBAC;1000;13.86\n",
        "BAC 1000 13.86",
    ),
    Export(
        "the same holdings in two tables, one of them by value",
        """Holdings
Symbol,Quantity,Average Cost
BAC,1000,13.86
NIO,500,4.40

By value
Symbol,Market Value,Shares
BAC,46100.00,1000
NIO,2550.00,500
""",
        "BAC 1000 13.86\nNIO 500 4.40",
    ),
    Export(
        "Interactive Brokers, PortfolioAnalyst",
        """Introduction,Header,Name,Account
Introduction,Data,Somebody,U0000000
Open Position Summary,Header,Date,FinancialInstrument,Currency,Symbol,Description,Sector,Quantity,ClosePrice,Value,Cost Basis,UnrealizedP&L,FXRateToBase
Open Position Summary,Data,11/20/2026,Stocks,USD,BAC,BANK OF AMERICA CORP,Financials,1000,46.1,46100,13861,32239,1
Open Position Summary,Data,11/20/2026,Stocks,EUR,SAP,SAP SE,Technology,100,150,15000,14050,950,1.08
Open Position Summary,Data,Total,Stocks,,,,,,,61100,27911,33189,
Trade Summary,Header,Financial Instrument,Currency,Symbol,Description,Sector,Quantity Bought,Average Price Bought,Quantity Sold
Trade Summary,Data,Stocks,USD,NIO,NIO INC,Cars,500,4.4,0
""",
        "BAC 1000 13.861",
        ("SAP (EUR)",),
        ("NIO",),
    ),
    Export(
        "Interactive Brokers, in German",
        """Statement,Header,Feldname,Feldwert
Statement,Data,Title,Kontoauszug
Offene Positionen,Header,DataDiscriminator,Vermögenswertkategorie,Währung,Symbol,Menge,Mult,Einstandskurs,Kostenbasis,Schlusskurs,Wert,Code
Offene Positionen,Data,Summary,Aktien,USD,BAC,1000,1,13.861,13861,46.1,46100,
Offene Positionen,Data,Lot,Aktien,USD,BAC,600,1,12,7200,46.1,27660,
Offene Positionen,Data,Summary,Aktien,EUR,SAP,100,1,140.5,14050,150,15000,
""",
        "BAC 1000 13.861",
        ("SAP (EUR)",),
    ),
    Export(
        "German names, three digits after the point and nothing else that says which",
        "Symbol;Stück;Währung\nBAC;1.000;USD\nNIO;500;USD\n",
        "BAC 1000 0\nNIO 500 0",
    ),
    Export(
        "lots told apart by a column of another name, and by their numbers",
        """Symbol,Kind,Quantity,Basis/Share
BAC,Position,1000,13.861
BAC,Tax Lot,600,12
BAC,Tax Lot,400,16.6525
""",
        "BAC 1000 13.861",
    ),
    Export(
        "lots with a number of their own",
        "Symbol,Lot #,Quantity,Avg. Purchase Price\nBAC,,1000,13.861\nBAC,1,600,12\nBAC,2,400,16.6525\nNIO,1,500,4.40\n",
        "BAC 1000 13.861\nNIO 500 4.40",
    ),
    Export(
        "short by its side, by its account, by what it is worth",
        """Symbol,Qty,Position,Market Value,Adjusted Cost Per Share ($)
BAC,1000,Short,46100,13.861
NIO,500,Long,2550,4.40
AMC,200,,"($1,020.00)",5.50
""",
        "BAC -1000 13.861\nNIO 500 4.40\nAMC -200 5.50",
    ),
    Export(
        "preferred shares that only their names tell",
        """Symbol,Description,Quantity,Average Cost Basis
TPRA,AT&T INC 5.000% DEP SHS PFD SER A,100,20.10
BAC-L,BANK OF AMERICA CORP 7.25% PFD SER L,10,1199.00
BACPRB,BANK OF AMERICA CORP 6% PFD SER B,50,25.10
SPRB,SPRUCE BIOSCIENCES INC,40,2.50
""",
        "TpA 100 20.10\nBACpL 10 1199\nBACpB 50 25.10\nSPRB 40 2.50",
    ),
    Export(
        "tickers of charts",
        """Symbol,Side,Quantity,Avg fill price,Last price
NASDAQ:AAPL,Long,10,150.5,200.25
NYSE:BRK.B,Long,20,475,480.5
NYSE:BAC/PL,Long,5,1199,1200.5
TSX:RY,Long,100,120.5,140.25
BINANCE:BTCUSDT,Long,1,80000,87000.5
NYMEX:CL1!,Short,1,70.5,71.25
""",
        "AAPL 10 150.5\nBRK.B 20 475\nBACpL 5 1199",
        ("TSX:RY", "BINANCE:BTCUSDT", "NYMEX:CL1!"),
    ),
    Export(
        "some of the shares without a cost",
        "Account,Symbol,Quantity,Average Cost\nA,BAC,1000,13.86\nB,BAC,500,--\n",
        "BAC 1500 0",
        ("no average cost of all shares",),
    ),
)

REFUSED = (
    ("Fidelity, history", ("Run Date,Account,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Amount ($),Settlement Date\n"
     "11/20/2026,X1,YOU BOUGHT BANK OF AMERICA,BAC,BANK OF AMERICA,Cash,1000,46.10,,,-46100,11/21/2026\n"), "lists transactions (Run Date)"),
    ("Schwab, history", ('"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"\n'
     '"11/20/2026","Buy","BAC","BANK OF AMERICA","1,000","$46.10","","-$46,100.00"\n'), "lists transactions (Date)"),
    ("E*TRADE, history", ("TransactionDate,TransactionType,SecurityType,Symbol,Quantity,Amount,Price,Commission,Description\n"
     "11/20/26,Bought,EQ,BAC,1000,-46100,46.10,0,BANK OF AMERICA\n"), "lists transactions (TransactionDate)"),
    ("Webull, orders", ("Name,Symbol,Side,Status,Filled,Total Qty,Price,Avg Price,Time-in-Force,Placed Time,Filled Time\n"
     "Bank of America,BAC,Buy,Filled,1000,1000,46.10,46.10,DAY,11/20/2026 09:33:56 EST,11/20/2026 09:33:56 EST\n"), "lists transactions (Filled)"),
    ("moomoo, orders", ("Side,Symbol,Name,Order Price,Order Qty,Order Amount,Status,Filled@Avg Price,Order Time\n"
     "Buy,BAC,Bank of America,46.10,1000,46100,Filled,1000@46.10,Nov 20 2026 09:33:56 ET\n"), "lists transactions (Order Price)"),
    ("tastytrade, history", ("Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,Multiplier\n"
     "2026-11-20T09:33:56-0500,Trade,Buy,BUY_TO_OPEN,BAC,Equity,Bought 1000 BAC @ 46.10,-46100,1000,-46.10,0,-0.08,1\n"), "lists transactions"),
    ("Trading 212, history", ("Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total\n"
     "Market buy,2026-11-20 14:33:56,US0605051046,BAC,Bank of America,1000,46.10,USD,1.0,46100\n"), "lists transactions (Time)"),
    ("Merrill, activity", ('"Trade Date" ,"Settlement Date" ,"Account" ,"Description" ,"Type" ,"Symbol/ CUSIP" ,"Quantity" ,"Price" ,"Amount"\n'
     '"11/20/2026" ,"11/21/2026" ,"CMA" ,"Purchase BANK OF AMERICA" ,"Purchase" ,"BAC" ,"1,000" ,"$46.10" ,"-$46,100.00"\n'), "lists transactions (Settlement Date)"),
    ("Ally, history", "Date,Activity,Quantity,Symbol,Description,Price,Commission,Fees,Amount\n11/20/2026,Bought,1000,BAC,BANK OF AMERICA,46.10,0,0,-46100\n", "lists transactions"),
    ("TD Ameritrade, history", ("DATE,TRANSACTION ID,DESCRIPTION,QUANTITY,SYMBOL,PRICE,COMMISSION,AMOUNT,REG FEE\n"
     "11/20/2026,1,Bought 1000 BAC @ 46.10,1000,BAC,46.10,0,-46100,\n"), "lists transactions (TRANSACTION ID)"),
    ("realized gains", "Symbol,Name,Closed Date,Quantity,Closing Price,Proceeds,Cost Basis,Gain/Loss\nBAC,BANK OF AMERICA,11/20/2026,1000,46.10,46100,13861,32239\n",
     "lists transactions (Closed Date)"),
    ("a journal of trades by side", "Symbol,Side,Quantity,Price\nBAC,Buy,1000,46.10\nBAC,Sell,1000,46.20\n", "lists transactions (Side)"),
    ("DEGIRO: ISIN only", ('Product,Symbol/ISIN,Quantity,Closing,Local value,,Value in EUR\nCASH & CASH FUND & FTX CASH (EUR),,,,EUR,"1079,92","1079,92"\n'
     'BANK OF AMERICA CORP,US0605051046,1000,"46,10",USD,"46100,00","42412,00"\n'), "names what is held by ISIN"),
    ("names only", "Instrument,Quantity,Average Price\nApple,10,150.5\nBank of America,1000,13.86\n", "names what is held by names"),
    ("a statement without positions", ("Statement,Header,Field Name,Field Value\nStatement,Data,Title,Activity Statement\n"
     "Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price\nTrades,Data,Order,Stocks,USD,NIO,x,500,4.4\n"), "without a section Open Positions"),
    ("decimals both ways", "Symbol;Quantity;Average Cost\nBAC;1.000,5;13.86\n", "write all of them the same way"),
    ("a point that may be either", "Ticker;Shares\nBAC;1.000\n", "1.000 may be read in two ways"),
    ("a quotation mark left open", 'Symbol,Quantity,Description\nBAC,1000,"Bank of America\nNIO,500,NIO\n', "never closed"),
    ("an Excel workbook", "PK\x03\x04rest", "an Excel workbook, not CSV"),
    ("a web page", "<!DOCTYPE html><html></html>", "not a CSV file (it begins like HTML"),
    ("Wealthsimple, activities", "transaction_date,settlement_date,account_id,account_type,activity_type,activity_sub_type,direction,symbol,name,currency,quantity,unit_price,commission,net_cash_amount\n2026-11-20,2026-11-21,X1,TFSA,Trade,BUY,LONG,BAC,Bank of America,USD,1000,46.10,0,-46100\n", "lists transactions (transaction_date)"),
    ("fills by their instant", "Symbol,Qty,Price,Executed At\nBAC,1000,46.10,2026-11-20T09:33:56Z\n", "lists transactions (Executed At)"),
    ("fills by their time zone", "Symbol,Quantity,Fill Px,Time (UTC)\nBAC,1000,46.10,09:33:56\n", "lists transactions (Time (UTC))"),
    ("a comma within a number", "Symbol,Quantity,Average Cost\nBAC,1,000,13.86\n", "x.csv:2: more cells than column names"),
    ("a quantity of nan", "Symbol,Quantity\nBAC,nan\n", "quantity = 'nan' refused"),
    ("a quantity that is none", "Symbol,Quantity\nBAC,many\n", "x.csv:2: BAC: quantity = 'many' refused: not a number"),
    ("a quantity beyond all", "Symbol,Quantity\nBAC,1e1000000\n", "x.csv:2: BAC: quantity = '1e1000000' refused: not a number"),
    ("dividends to come", "Symbol,Quantity,Ex-Date,Pay Date,Amount\nBAC,1000,2026-12-01,2026-12-15,260\n", "lists transactions (Ex-Date)"),
    ("no columns", "a,b\n1,2\n", "x.csv: no table of positions: a line with column names must name a symbol"),
    ("nothing", "", "x.csv: no table of positions"),
)  # fmt: skip
"""What is no list of holdings, or cannot be read surely: the name, the file, words of the refusal."""
