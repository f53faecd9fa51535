package sample

// kavya has an account as most people have one: a dozen holdings of much the same size, three funds, a quiet day.
func kavya(m sample) Account {
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
