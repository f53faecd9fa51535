package sample

import (
	"fmt"
	"time"
)

// Accounts returns the four people of the demo, made up from first to last: KN1180 with an ordinary account, MK4021
// with 25 unusual holdings, AD7730 with 7 and a day of losses, NK0001 with nothing at all. They are as on
// Friday, 20 November 2026, after the close.
func Accounts() []Account { return AccountsAt(DefaultTime()) }

// AccountsAt returns the same people at another moment: whatever has a date is of the last session that has begun by
// then, and contracts have yet to expire.
func AccountsAt(now time.Time) []Account {
	m := newBuilder(now)
	return []Account{ordinaryAccount(m), unusualAccount(m), losingAccount(m), emptyAccount()}
}

// AccountOf returns one of Accounts, and panics if there is none by that name.
func AccountOf(userID string) Account {
	for _, a := range Accounts() {
		if a.UserID() == userID {
			return a
		}
	}
	panic(fmt.Sprintf("sample: no account %q", userID))
}

// DefaultTime is the moment of Accounts.
func DefaultTime() time.Time { return time.Date(2026, 11, 20, 18, 0, 0, 0, IST()) }

// unusualAccount has one of everything that clients get wrong.
func unusualAccount(m builder) Account {
	const id = "MK4021"
	a := Account{Profile: profile(id, "Meera Krishnan", "Meera", "meera.krishnan@example.in")}
	a.Holdings = unusualHoldings(m)
	a.MFHoldings = []MFHolding{
		{Folio: "7001234501", Fund: "Sahyadri <Flexi> Cap फंड - Direct Plan", Tradingsymbol: "INF201S01011",
			AveragePrice: 61.2734, LastPrice: 88.4519, LastPriceDate: m.daysBefore(1), Quantity: 2210.553},
		{Folio: "7001234502", Fund: "Deccan Nifty 50 Index Fund - Direct Growth", Tradingsymbol: "INF202S01029",
			AveragePrice: 142.118, LastPrice: 171.9043, LastPriceDate: m.daysBefore(1), Quantity: 845.107},
		{Folio: "7001234503", Fund: "Konkan Liquid Fund - Direct Daily IDCW", Tradingsymbol: "INF203S01037",
			AveragePrice: 1004.101138, LastPrice: 1004.2261, Quantity: 0.334},
		{Folio: "7001234504", Fund: "MALABAR SMALL CAP & MICRO CAP FUND", Tradingsymbol: "INF204S01045",
			AveragePrice: 33.91, LastPrice: 28.6407, LastPriceDate: m.daysBefore(2), Quantity: 15230.9},
	}
	unusualDay(m, id, &a)
	a.GTTs = []GTT{
		m.gtt(410211, id, "NSE:TITAN", "BUY", 5, 3650),
		m.gtt(410388, id, "NSE:M&M", "SELL", 18, 3400, 4150),
		m.gtt(398007, id, "NSE:J&KBANK", "SELL", 500, 100.5),
	}
	a.Alerts = []Alert{
		m.alert(3, id, "Reliance < 1,300 & falling", "NSE:RELIANCE", "<=", 1300),
		m.alert(9, id, "", "NSE:TITAN", ">=", 3850).triggered(2, m.at("11:48:09")),
		m.alert(40, id, "ITC dearer at BSE", "BSE:ITC", ">", 0).comparedWith("NSE:ITC").disabled("Disabled by the user"),
	}
	a.GTTs[2].Status, a.GTTs[2].Meta.RejectionReason = "triggered", "Insufficient holdings quantity"
	a.Margins = Margins{
		Equity: Segment{
			Enabled: true, Net: 412310.47000000003,
			Available: Available{Cash: 286204.12, Collateral: 244871.9, LiveBalance: 286204.12, OpeningBalance: 331004.62},
			Utilised:  Utilised{Debits: 118765.55, Exposure: 41210.3, Span: 77555.25, StockCollateral: 187371.9, LiquidCollateral: 57500},
		},
		Commodity: Segment{Enabled: true, Net: 25000, Available: Available{Cash: 25000, LiveBalance: 25000, OpeningBalance: 25000}},
	}
	return a
}

// unusualHoldings are 25 rows: enough to be paged.
func unusualHoldings(m builder) []Holding {
	return []Holding{
		m.holding("NSE:RELIANCE", 2400, 1210.55),
		m.holding("NSE:TCS", 620, 3550.1),                                                  // a loss
		m.holding("NSE:HDFCBANK", 65, 812.4).withPledged(200),                              // more pledged than free
		m.holding("NSE:ITC", 300, 318.95),                                                  // the same company
		m.holding("BSE:ITC", 150, 421.3),                                                   // on two exchanges
		m.holding("NSE:M&M", 18, 2911.05),                                                  // "&" in the symbol
		m.holding("NSE:J&KBANK", 500, 121.6),                                               // and again, at a loss
		m.holding("NSE:BAJAJ-AUTO", 0, 8850.25).withT1(1),                                  // bought yesterday, not delivered
		m.holding("NSE:TATASTEEL", 100, 139.05).withT1(25),                                 // some delivered, some not
		m.holding("NSE:LT", 0, 0).withMTF(50, 3720.4, 46505),                               // on margin only
		m.holding("NSE:WIPRO", 80, 231.42).withMTF(40, 251.9, 2519),                        // own shares and some on margin
		m.holding("NSE:GOLDBEES", 1250, 58.2344),                                           // a price with four places
		m.holding("NSE:NIFTYBEES", 9000, 226.118),                                          //
		m.holding("NSE:LIQUIDBEES", 12, 1000).withPledged(350),                             // never moves
		m.holding("NSE:MARUTI", 650, 9134.7),                                               // crores
		m.holding("NSE:MRF", 1, 88412.35),                                                  // one dear share
		m.holding("NSE:BHARATINFRAGROWTHETF2032", 4000, 47.02),                             // a very long symbol
		m.holding("NSE:754GS2036-GS", 0, 101.9).withPledged(100),                           // a government bond, all of it pledged
		m.holding("NSE:RVNSTEEL-BE", 240, 62.1),                                            // trade-to-trade series, lower circuit
		m.holding("NSE:SAMPATSOLAR-SM", 1600, 121.15),                                      // a small-company listing
		m.holding("NSE:SUSPENDTEX-BZ", 1000, 14.85),                                        // has no price
		m.holding("NSE:ONGC", 333, 198.77),                                                 // thirds in the sums
		m.holding("NSE:SUNPHARMA", 45, 1102.3).withT1Included(5),                           // some not delivered, counted as if they were
		m.holding("NSE:L&TFH", 210, 141.9),                                                 // "<" and "&" in the name
		m.holding("BSE:SRIGANGA", 777, 12.6899999999999995).withT1(1223).withDiscrepancy(), // noise in the average
	}
}

// unusualDay is what she traded: the day view and the net view of her positions differ in every possible way.
func unusualDay(m builder, id string, a *Account) {
	nifty, option26 := m.nearestContract("NFO", "NIFTY", "FUT"), m.nearestContract("NFO", "NIFTY", "26000CE")
	done, doneNet := m.position("NSE:TATASTEEL", "MIS", lots{}, lots{200, 170.2}, lots{200, 171.35})
	closing, closingNet := m.position(nifty, "NRML", lots{75, 26011.6}, lots{}, lots{75, 26188.25})
	short, shortNet := m.position(option26, "NRML", lots{}, lots{}, lots{75, 264.8})
	_, carriedNet := m.position(m.nearestContract("MCX", "CRUDEOILM", "FUT"), "NRML", lots{2, 5322}, lots{}, lots{})
	a.Positions.Day = []Position{closing, done, short}
	a.Positions.Net = []Position{doneNet, carriedNet, shortNet, closingNet}

	buy := m.order(id, "100410011", "NSE:TATASTEEL", "BUY", "MIS", 200, 170.2, "09:31:07").filled(170.2)
	sell := m.order(id, "100988123", "NSE:TATASTEEL", "SELL", "MIS", 200, 0, "11:02:44").filled(171.35)
	future := m.order(id, "101200777", nifty, "SELL", "NRML", 75, 26188.25, "12:40:19").filled(26188.25)
	option := m.order(id, "101311840", option26, "SELL", "NRML", 75, 264.8, "13:05:51").filled(264.8)
	tooMuch := m.order(id, "101402305", "NSE:MRF", "BUY", "CNC", 3, 152000, "13:22:30").rejected(
		"Insufficient funds. Required margin is 456000.00 but available margin is 412310.47. Check the orderbook for open orders.",
		"RMS:Margin Exceeds,Required:456000.00, Available:412310.47 for entity account-MK4021 across exchange across segment across product ")
	back := m.order(id, "101477912", "NSE:WIPRO", "BUY", "CNC", 50, 238.5, "13:40:02").cancelled()
	open := m.order(id, "101533360", "NSE:ITC", "BUY", "CNC", 100, 396, "14:01:15")
	stop := m.order(id, "101600418", "NSE:ONGC", "SELL", "CNC", 33, 239.5, "14:20:58").pendingTrigger(240)
	open.Tag, open.Tags = "dip", []string{"dip"}
	a.Orders = []Order{buy, sell, future, option, tooMuch, back, open, stop}
	a.Trades = []Trade{
		buy.trade("50110234", 120, 170.2), buy.trade("50110235", 80, 170.2), sell.trade("50177801", 200, 171.35),
		future.trade("70031145", 75, 26188.25), option.trade("70036672", 75, 264.8),
	}
}

// losingAccount has few holdings, an open loss and money owed.
func losingAccount(m builder) Account {
	const id = "AD7730"
	a := Account{Profile: profile(id, "Arjun D'Souza <ADS & Co>", "Arjun", "arjun.dsouza@example.in")}
	a.Holdings = []Holding{
		m.holding("NSE:ICICIBANK", 25, 1288.15), m.holding("NSE:INFY", 60, 1611.9), m.holding("NSE:IDEA", 25000, 13.4),
		m.holding("NSE:ASIANPAINT", 8, 3120.35), m.holding("NSE:NESTLEIND", 15, 1198.6), m.holding("NSE:SBIN", 55, 611.25),
		m.holding("BSE:MARIGOLDTEA", 4, 1502.75),
	}
	a.MFHoldings = []MFHolding{{Folio: "8009876501", Fund: "Deccan Nifty 50 Index Fund - Direct Growth", Tradingsymbol: "INF202S01029",
		AveragePrice: 175.02, LastPrice: 171.9043, LastPriceDate: m.daysBefore(1), Quantity: 57.132}}
	reliance := m.nearestContract("NFO", "RELIANCE", "FUT")
	day, net := m.position(reliance, "MIS", lots{}, lots{500, 1404.9}, lots{})
	a.Positions = Positions{Day: []Position{day}, Net: []Position{net}}
	a.Alerts = []Alert{m.alert(1, id, "Infosys back", "NSE:INFY", ">=", 1611.9)}
	buy := m.order(id, "200017744", reliance, "BUY", "MIS", 500, 0, "10:15:33").filled(1404.9)
	a.Orders = []Order{buy}
	a.Trades = []Trade{buy.trade("71002218", 500, 1404.9)}
	a.Margins.Equity = Segment{
		Enabled: true, Net: -2318.339999999997,
		Available: Available{Cash: 118204.41, LiveBalance: -2318.339999999997, OpeningBalance: 118204.41},
		Utilised:  Utilised{Debits: 120522.75, Exposure: 24342.25, Span: 89380.5, M2MUnrealised: -6800},
	}
	return a
}

// emptyAccount has just been opened.
func emptyAccount() Account {
	a := Account{Profile: profile("NK0001", "Nilima Kulkarni", "Nilima", "nilima@example.in")}
	a.Margins.Equity.Enabled = true
	return a
}

// ordinaryAccount is as most people have one: a dozen holdings of much the same size, three funds, a quiet day.
func ordinaryAccount(m builder) Account {
	const id = "KN1180"
	a := Account{Profile: profile(id, "Kavya Nair", "Kavya", "kavya.nair@example.in")}
	a.Holdings = []Holding{
		m.holding("NSE:RELIANCE", 45, 1262.4), m.holding("NSE:TCS", 30, 3284.15), m.holding("NSE:HDFCBANK", 110, 803.7),
		m.holding("NSE:ICICIBANK", 70, 1104.55), m.holding("NSE:INFY", 70, 1418.9), m.holding("NSE:ITC", 240, 371.25),
		m.holding("NSE:SUNPHARMA", 30, 1496.8).withT1(5), m.holding("NSE:TITAN", 14, 3320.1), m.holding("NSE:LT", 16, 3475.65),
		m.holding("NSE:TATAPOWER", 150, 402.3), m.holding("NSE:NIFTYBEES", 520, 248.36), m.holding("NSE:LIQUIDBEES", 90, 1000),
	}
	a.MFHoldings = []MFHolding{
		{Folio: "7004410021", Fund: "Deccan Nifty 50 Index Fund - Direct Growth", Tradingsymbol: "INF202S01029",
			AveragePrice: 148.6021, LastPrice: 171.9043, LastPriceDate: m.daysBefore(1), Quantity: 1012.447},
		{Folio: "7004410038", Fund: "Sahyadri Flexi Cap Fund - Direct Growth", Tradingsymbol: "INF205S01052",
			AveragePrice: 71.9036, LastPrice: 88.4519, LastPriceDate: m.daysBefore(1), Quantity: 1390.608},
		{Folio: "7004410045", Fund: "Konkan Liquid Fund - Direct Growth", Tradingsymbol: "INF206S01060",
			AveragePrice: 2911.4702, LastPrice: 2987.1135, LastPriceDate: m.daysBefore(1), Quantity: 25.118},
	}
	a.GTTs = []GTT{m.gtt(512044, id, "NSE:TITAN", "BUY", 4, 3700), m.gtt(512071, id, "NSE:TATAPOWER", "SELL", 150, 360, 450)}
	a.Alerts = []Alert{m.alert(2, id, "Reliance back at 1,450", "NSE:RELIANCE", ">=", 1450)}

	more, moreNet := m.position("NSE:INFY", "CNC", lots{}, lots{10, 1509.5}, lots{})
	day, dayNet := m.position("NSE:TATASTEEL", "MIS", lots{}, lots{100, 170.9}, lots{100, 172.1})
	a.Positions = Positions{Day: []Position{more, day}, Net: []Position{moreNet, dayNet}}
	infy := m.order(id, "100320417", "NSE:INFY", "BUY", "CNC", 10, 1509.5, "09:42:18").filled(1509.5)
	buy := m.order(id, "100655802", "NSE:TATASTEEL", "BUY", "MIS", 100, 0, "10:27:40").filled(170.9)
	sell := m.order(id, "101288164", "NSE:TATASTEEL", "SELL", "MIS", 100, 172.1, "12:55:03").filled(172.1)
	wait := m.order(id, "101402219", "NSE:ITC", "BUY", "CNC", 50, 396, "13:18:51")
	a.Orders = []Order{infy, buy, sell, wait}
	a.Trades = []Trade{infy.trade("50093310", 10, 1509.5), buy.trade("50128846", 100, 170.9), sell.trade("50201937", 100, 172.1)}

	// The open order and the shares bought today are paid for: 50 × 396 + 10 × 1,509.50.
	a.Margins.Equity = Segment{
		Enabled: true, Net: 48210.4,
		Available: Available{Cash: 83105.4, LiveBalance: 48210.4, OpeningBalance: 83105.4},
		Utilised:  Utilised{Debits: 34895, Delivery: 34895},
	}
	return a
}

// Generate returns another account for soak tests. The same seed gives the same account, different seeds give different
// user ids, and every figure shows whose it is: symbols carry the seed, and quantities, prices and cash are the seed
// when divided by 1000 without remainder. The seed must not be negative, nor holdings exceed 99.
func Generate(seed int64, holdings int) Account {
	if seed < 0 || holdings < 0 || holdings > 99 {
		panic(fmt.Sprintf("sample: cannot generate %d holdings for seed %d", holdings, seed))
	}
	name := fmt.Sprintf("Person %d", seed)
	a := Account{Profile: profile(fmt.Sprintf("ZZ%04d", seed), "Generated "+name, name, fmt.Sprintf("person%d@example.in", seed))}
	for i := range holdings {
		a.Holdings = append(a.Holdings, generated(seed, i))
	}
	cash := float64(seed)*1000 + 500.25
	a.Margins.Equity = Segment{Enabled: true, Net: cash, Available: Available{Cash: cash, LiveBalance: cash, OpeningBalance: cash}}
	return a
}

// generated is the i-th holding of a seed.
func generated(seed int64, i int) Holding {
	average := float64(seed)*1000 + 100 + float64(i+1)/100
	token := 1<<31 | uint32(seed*100+int64(i))<<8 | segmentCode("NSE") // far from the tokens of the market
	return Holding{
		Tradingsymbol: fmt.Sprintf("S%dH%d", seed, i), Exchange: "NSE", InstrumentToken: token,
		ISIN: fmt.Sprintf("INE%07d%02d", seed, i), Product: "CNC",
		Quantity: int(seed)*1000 + i + 1, RealisedQuantity: int(seed)*1000 + i + 1, OpeningQuantity: int(seed)*1000 + i + 1,
		AveragePrice: average, LastPrice: average + 100, ClosePrice: average + 99.75,
	}.withFigures()
}
