package sample

import "time"

// The types of this file are the answers of the tools. Field order, names and number kinds are those of the real
// server, which re-marshals Go structs of its own: what is unknown there is a zero value here, never an absent key.
// Money is in rupees as float64, so that sums carry the same noise that a client meets in real life.

// Account is everything that Kite knows of one person.
type Account struct {
	Profile    Profile
	Margins    Margins
	Holdings   []Holding
	Positions  Positions
	Orders     []Order // of the day; get_order_history and get_order_trades follow from Orders and Trades
	Trades     []Trade
	MFHoldings []MFHolding
	GTTs       []GTT
	Alerts     []Alert // which only Next can read
}

// UserID is the name of the account at Kite, such as MK4021.
func (a *Account) UserID() string { return a.Profile.UserID }

// Profile is the answer of get_profile. UserID names the account in the whole simulator.
type Profile struct {
	UserID        string      `json:"user_id"`
	UserName      string      `json:"user_name"`
	UserShortname string      `json:"user_shortname"`
	AvatarURL     string      `json:"avatar_url"`
	UserType      string      `json:"user_type"`
	Email         string      `json:"email"`
	Broker        string      `json:"broker"`
	Meta          ProfileMeta `json:"meta"`
	Products      []string    `json:"products"`
	OrderTypes    []string    `json:"order_types"`
	Exchanges     []string    `json:"exchanges"`
}

// ProfileMeta is the small print of a profile.
type ProfileMeta struct {
	DematConsent string `json:"demat_consent"`
}

// Margins is the answer of get_margins: two purses.
type Margins struct {
	Equity    Segment `json:"equity"`
	Commodity Segment `json:"commodity"`
}

// Segment is the money of one segment, in rupees.
type Segment struct {
	Enabled   bool      `json:"enabled"`
	Net       float64   `json:"net"`
	Available Available `json:"available"`
	Utilised  Utilised  `json:"utilised"`
}

// Available is the part of a purse that can be used.
type Available struct {
	AdhocMargin    float64 `json:"adhoc_margin"`
	Cash           float64 `json:"cash"`
	Collateral     float64 `json:"collateral"`
	IntradayPayin  float64 `json:"intraday_payin"`
	LiveBalance    float64 `json:"live_balance"`
	OpeningBalance float64 `json:"opening_balance"`
}

// Utilised is the part of a purse that is bound.
type Utilised struct {
	Debits           float64 `json:"debits"`
	Exposure         float64 `json:"exposure"`
	M2MRealised      float64 `json:"m2m_realised"`
	M2MUnrealised    float64 `json:"m2m_unrealised"`
	OptionPremium    float64 `json:"option_premium"`
	Payout           float64 `json:"payout"`
	Span             float64 `json:"span"`
	HoldingSales     float64 `json:"holding_sales"`
	Turnover         float64 `json:"turnover"`
	LiquidCollateral float64 `json:"liquid_collateral"`
	StockCollateral  float64 `json:"stock_collateral"`
	Delivery         float64 `json:"delivery"`
}

// Holding is one row of get_holdings. DayChange is per share. PnL is for the shares that are delivered or wait for
// delivery (OpeningQuantity), whether Quantity holds the latter (T1Quantity) or not; pledged ones (CollateralQuantity)
// and those bought on margin (MTF) are not in it.
type Holding struct {
	Tradingsymbol       string    `json:"tradingsymbol"`
	Exchange            string    `json:"exchange"`
	InstrumentToken     uint32    `json:"instrument_token"`
	ISIN                string    `json:"isin"`
	Product             string    `json:"product"`
	Price               float64   `json:"price"`
	UsedQuantity        int       `json:"used_quantity"`
	Quantity            int       `json:"quantity"`
	T1Quantity          int       `json:"t1_quantity"`
	RealisedQuantity    int       `json:"realised_quantity"`
	AuthorisedQuantity  int       `json:"authorised_quantity"`
	AuthorisedDate      time.Time `json:"authorised_date"`
	OpeningQuantity     int       `json:"opening_quantity"`
	CollateralQuantity  int       `json:"collateral_quantity"`
	CollateralType      string    `json:"collateral_type"`
	Discrepancy         bool      `json:"discrepancy"`
	AveragePrice        float64   `json:"average_price"`
	LastPrice           float64   `json:"last_price"`
	ClosePrice          float64   `json:"close_price"`
	PnL                 float64   `json:"pnl"`
	DayChange           float64   `json:"day_change"`
	DayChangePercentage float64   `json:"day_change_percentage"`
	MTF                 MTF       `json:"mtf"`
}

// MTF is the margin-trading part of a holding.
type MTF struct {
	Quantity      int     `json:"quantity"`
	UsedQuantity  int     `json:"used_quantity"`
	AveragePrice  float64 `json:"average_price"`
	Value         float64 `json:"value"`
	InitialMargin float64 `json:"initial_margin"`
}

// MFHolding is one row of get_mf_holdings. Tradingsymbol is the ISIN of the fund, LastPrice its NAV; PnL is always 0,
// as at the real server.
type MFHolding struct {
	Folio         string  `json:"folio"`
	Fund          string  `json:"fund"`
	Tradingsymbol string  `json:"tradingsymbol"`
	AveragePrice  float64 `json:"average_price"`
	LastPrice     float64 `json:"last_price"`
	LastPriceDate string  `json:"last_price_date"`
	PnL           float64 `json:"pnl"`
	Quantity      float64 `json:"quantity"`
}

// Positions are the two views of the same trades. get_positions answers Day followed by Net in one flat list without
// any marker.
type Positions struct {
	Day []Position
	Net []Position
}

// Position is one row of get_positions.
type Position struct {
	Tradingsymbol     string  `json:"tradingsymbol"`
	Exchange          string  `json:"exchange"`
	InstrumentToken   uint32  `json:"instrument_token"`
	Product           string  `json:"product"`
	Quantity          int     `json:"quantity"`
	OvernightQuantity int     `json:"overnight_quantity"`
	Multiplier        float64 `json:"multiplier"`
	AveragePrice      float64 `json:"average_price"`
	ClosePrice        float64 `json:"close_price"`
	LastPrice         float64 `json:"last_price"`
	Value             float64 `json:"value"`
	PnL               float64 `json:"pnl"`
	M2M               float64 `json:"m2m"`
	Unrealised        float64 `json:"unrealised"`
	Realised          float64 `json:"realised"`
	BuyQuantity       int     `json:"buy_quantity"`
	BuyPrice          float64 `json:"buy_price"`
	BuyValue          float64 `json:"buy_value"`
	BuyM2M            float64 `json:"buy_m2m"`
	SellQuantity      int     `json:"sell_quantity"`
	SellPrice         float64 `json:"sell_price"`
	SellValue         float64 `json:"sell_value"`
	SellM2M           float64 `json:"sell_m2m"`
	DayBuyQuantity    int     `json:"day_buy_quantity"`
	DayBuyPrice       float64 `json:"day_buy_price"`
	DayBuyValue       float64 `json:"day_buy_value"`
	DaySellQuantity   int     `json:"day_sell_quantity"`
	DaySellPrice      float64 `json:"day_sell_price"`
	DaySellValue      float64 `json:"day_sell_value"`
}

// Order is one row of get_orders and of get_order_history, and the shape inside a GTT, where most of it is zero.
type Order struct {
	AccountID               string         `json:"account_id"`
	PlacedBy                string         `json:"placed_by"`
	OrderID                 string         `json:"order_id"`
	ExchangeOrderID         string         `json:"exchange_order_id"`
	ParentOrderID           string         `json:"parent_order_id"`
	Status                  string         `json:"status"`
	StatusMessage           string         `json:"status_message"`
	StatusMessageRaw        string         `json:"status_message_raw"`
	OrderTimestamp          time.Time      `json:"order_timestamp"`
	ExchangeUpdateTimestamp time.Time      `json:"exchange_update_timestamp"`
	ExchangeTimestamp       time.Time      `json:"exchange_timestamp"`
	Variety                 string         `json:"variety"`
	Modified                bool           `json:"modified"`
	Meta                    map[string]any `json:"meta"`
	Exchange                string         `json:"exchange"`
	Tradingsymbol           string         `json:"tradingsymbol"`
	InstrumentToken         uint32         `json:"instrument_token"`
	OrderType               string         `json:"order_type"`
	TransactionType         string         `json:"transaction_type"`
	Validity                string         `json:"validity"`
	ValidityTTL             int            `json:"validity_ttl"`
	Product                 string         `json:"product"`
	Quantity                float64        `json:"quantity"`
	DisclosedQuantity       float64        `json:"disclosed_quantity"`
	Price                   float64        `json:"price"`
	TriggerPrice            float64        `json:"trigger_price"`
	AveragePrice            float64        `json:"average_price"`
	FilledQuantity          float64        `json:"filled_quantity"`
	PendingQuantity         float64        `json:"pending_quantity"`
	CancelledQuantity       float64        `json:"cancelled_quantity"`
	AuctionNumber           string         `json:"auction_number"`
	Tag                     string         `json:"tag"`
	Tags                    []string       `json:"tags"`
}

// Trade is one row of get_trades and get_order_trades.
type Trade struct {
	AveragePrice      float64   `json:"average_price"`
	Quantity          float64   `json:"quantity"`
	TradeID           string    `json:"trade_id"`
	Product           string    `json:"product"`
	FillTimestamp     time.Time `json:"fill_timestamp"`
	ExchangeTimestamp time.Time `json:"exchange_timestamp"`
	ExchangeOrderID   string    `json:"exchange_order_id"`
	OrderID           string    `json:"order_id"`
	TransactionType   string    `json:"transaction_type"`
	Tradingsymbol     string    `json:"tradingsymbol"`
	Exchange          string    `json:"exchange"`
	InstrumentToken   uint32    `json:"instrument_token"`
}

// GTT is one row of get_gtts: an order that waits for a price.
type GTT struct {
	ID        int          `json:"id"`
	UserID    string       `json:"user_id"`
	Type      string       `json:"type"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
	ExpiresAt time.Time    `json:"expires_at"`
	Status    string       `json:"status"`
	Condition GTTCondition `json:"condition"`
	Orders    []Order      `json:"orders"`
	Meta      GTTMeta      `json:"meta"`
}

// GTTCondition is what a GTT waits for: one trigger value, or two for a two-leg one.
type GTTCondition struct {
	Exchange      string    `json:"exchange"`
	Tradingsymbol string    `json:"tradingsymbol"`
	LastPrice     float64   `json:"last_price"`
	TriggerValues []float64 `json:"trigger_values"`
}

// GTTMeta says why a triggered GTT was refused, or nothing.
type GTTMeta struct {
	RejectionReason string `json:"rejection_reason"`
}

// Alert is one row of alerts get, a tool that only Next has.
type Alert struct {
	Type             string    `json:"type"`
	UserID           string    `json:"user_id"`
	UUID             string    `json:"uuid"`
	Name             string    `json:"name"`
	Status           string    `json:"status"`
	DisabledReason   string    `json:"disabled_reason"`
	LHSAttribute     string    `json:"lhs_attribute"`
	LHSExchange      string    `json:"lhs_exchange"`
	LHSTradingsymbol string    `json:"lhs_tradingsymbol"`
	Operator         string    `json:"operator"`
	RHSType          string    `json:"rhs_type"`
	RHSAttribute     string    `json:"rhs_attribute"`
	RHSExchange      string    `json:"rhs_exchange"`
	RHSTradingsymbol string    `json:"rhs_tradingsymbol"`
	RHSConstant      float64   `json:"rhs_constant"`
	AlertCount       int       `json:"alert_count"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
}

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

// FullQuote is one value of get_quotes. NetChange is always 0, as at the real server: a client computes it.
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
