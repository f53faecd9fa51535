package sample

import "fmt"

// Generate returns another account for soak tests. The same seed gives the same account, different seeds give
// different user ids, and every figure tells whose it is: symbols carry the seed, and quantities, prices and cash are
// the seed when divided by 1000 without remainder. The seed must not be negative, nor holdings exceed 99.
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
