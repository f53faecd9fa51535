package sample

import "time"

// Instrument is one row of search_instruments.
type Instrument struct {
	ID                string  `json:"id"`
	InstrumentToken   uint32  `json:"instrument_token"`
	ExchangeToken     uint32  `json:"exchange_token"`
	Tradingsymbol     string  `json:"tradingsymbol"`
	Exchange          string  `json:"exchange"`
	ISIN              string  `json:"isin"`
	Name              string  `json:"name"`
	Series            string  `json:"series"`
	LastPrice         float64 `json:"last_price"`
	Strike            float64 `json:"strike"`
	TickSize          float64 `json:"tick_size"`
	LotSize           int     `json:"lot_size"`
	Multiplier        int     `json:"multiplier"`
	InstrumentType    string  `json:"instrument_type"`
	Segment           string  `json:"segment"`
	DeliveryUnits     string  `json:"delivery_units"`
	PriceUnits        string  `json:"price_units"`
	FreezeQuantity    int     `json:"freeze_quantity"`
	MaxOrderQuantity  int     `json:"max_order_quantity"`
	ExpiryType        string  `json:"expiry_type"`
	ExpiryDate        string  `json:"expiry_date"`
	ExerciseStartDate string  `json:"exercise_start_date"`
	ExerciseEndDate   string  `json:"exercise_end_date"`
	IssueDate         string  `json:"issue_date"`
	ListingDate       string  `json:"listing_date"`
	MaturityDate      string  `json:"maturity_date"`
	LowerCircuitLimit float64 `json:"lower_circuit_limit"`
	UpperCircuitLimit float64 `json:"upper_circuit_limit"`
	Active            bool    `json:"active"`
}

// OHLC are the four prices of a day; Close is the close of the day before.
type OHLC struct {
	Open  float64 `json:"open"`
	High  float64 `json:"high"`
	Low   float64 `json:"low"`
	Close float64 `json:"close"`
}

// LTPQuote is one value of get_ltp.
type LTPQuote struct {
	InstrumentToken uint32  `json:"instrument_token"`
	LastPrice       float64 `json:"last_price"`
}

// OHLCQuote is one value of get_ohlc.
type OHLCQuote struct {
	InstrumentToken uint32  `json:"instrument_token"`
	LastPrice       float64 `json:"last_price"`
	OHLC            OHLC    `json:"ohlc"`
}

// FullQuote is one value of get_quotes. NetChange is always 0, as at the far end: a client computes it.
type FullQuote struct {
	InstrumentToken   uint32    `json:"instrument_token"`
	Timestamp         time.Time `json:"timestamp"`
	LastPrice         float64   `json:"last_price"`
	LastQuantity      int       `json:"last_quantity"`
	LastTradeTime     time.Time `json:"last_trade_time"`
	AveragePrice      float64   `json:"average_price"`
	Volume            int       `json:"volume"`
	BuyQuantity       int       `json:"buy_quantity"`
	SellQuantity      int       `json:"sell_quantity"`
	OHLC              OHLC      `json:"ohlc"`
	NetChange         float64   `json:"net_change"`
	OI                float64   `json:"oi"`
	OIDayHigh         float64   `json:"oi_day_high"`
	OIDayLow          float64   `json:"oi_day_low"`
	LowerCircuitLimit float64   `json:"lower_circuit_limit"`
	UpperCircuitLimit float64   `json:"upper_circuit_limit"`
	Depth             Depth     `json:"depth"`
}

// Depth is the top of the order book, best price first; empty rungs are zero.
type Depth struct {
	Buy  [5]DepthLevel `json:"buy"`
	Sell [5]DepthLevel `json:"sell"`
}

// DepthLevel is one price of the order book.
type DepthLevel struct {
	Price    float64 `json:"price"`
	Quantity int     `json:"quantity"`
	Orders   int     `json:"orders"`
}

// Candle is one row of get_historical_data. Date is the start of the interval, in Indian time.
type Candle struct {
	Date   time.Time `json:"date"`
	Open   float64   `json:"open"`
	High   float64   `json:"high"`
	Low    float64   `json:"low"`
	Close  float64   `json:"close"`
	Volume int       `json:"volume"`
	OI     int       `json:"oi"`
}
