package view_test

import (
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

const usualMargins = `{"equity":{"enabled":true,"net":99725.05000000002,"available":{"adhoc_margin":0,"cash":245431.6,"collateral":12500.5,"intraday_payin":0,"live_balance":99725.05000000002,"opening_balance":245431.6},` +
	`"utilised":{"debits":145706.55,"exposure":38981.25,"m2m_realised":761.7,"m2m_unrealised":0,"option_premium":0,"payout":0,"span":101989,"holding_sales":0,"turnover":0,"liquid_collateral":0,"stock_collateral":0,"delivery":0}},` +
	`"commodity":{"enabled":true,"net":100661.7,"available":{"cash":100661.7,"opening_balance":100661.7},"utilised":{}}}`

func decodeMargins(tb tbFataler, answer string) kite.Margins {
	tb.Helper()
	m, err := kite.DecodeMargins(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return m
}

// overview puts an account together; a part that is "" did not answer.
func overview(tb tbFataler, holdings, positions, funds string) kite.Overview {
	tb.Helper()
	var o kite.Overview
	if holdings != "" {
		list, err := kite.DecodeHoldings(holdings)
		if err != nil {
			tb.Fatalf("%v", err)
		}
		p := kite.Total(list)
		o.Holdings = &p
	}
	if positions != "" {
		b := decodeBook(tb, positions)
		o.Positions = &b
	}
	if funds != "" {
		m := decodeMargins(tb, funds)
		o.Funds = &m
	}
	return o
}

func TestPortfolioGolden(t *testing.T) {
	const closed = `{"equity":{"enabled":false},"commodity":{"enabled":false}}`
	noPrice := list(share("ZOMBIE", "BSE", 1000, "14.2", "0", "0", "0"))
	tests := []struct {
		name, holdings, positions, funds string
		hide                             bool
	}{
		{"portfolio", wide(), usualPositions(), usualMargins, false},
		{"portfolio_hidden", wide(), usualPositions(), usualMargins, true},
		{"portfolio_tricky", tricky(), list(positionRow("INFY", "NSE", "MIS", 4, "1500", "0", "-6000", "-6000"), "null"), usualMargins, false},
		{"portfolio_mtf_only", mtfOnly(), "null", usualMargins, false},
		{"portfolio_empty", "null", "null", closed, false},
		{"portfolio_no_price", noPrice, "null", usualMargins, false},
		{"portfolio_no_holdings", "", usualPositions(), usualMargins, false},
		{"portfolio_no_positions", wide(), "", usualMargins, false},
		{"portfolio_no_funds", wide(), usualPositions(), "", false},
		{"portfolio_no_funds_hidden", wide(), usualPositions(), "", true},
		{"portfolio_nothing", "", "", "", false},
		{"portfolio_nothing_hidden", "", "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			accountGolden(t, tt.name, view.Portfolio(view.PortfolioView{Overview: overview(t, tt.holdings, tt.positions, tt.funds), AsOf: noon(), Hide: tt.hide}))
		})
	}
}

func TestFundsGolden(t *testing.T) {
	tests := []struct {
		name, answer string
		hide         bool
	}{
		{"funds", usualMargins, false},
		{"funds_hidden", usualMargins, true},
		{"funds_equity_only", `{"equity":{"enabled":true,"net":-1500.5,"utilised":{"debits":21500.5}},"commodity":{"enabled":false,"net":77}}`, false},
		{"funds_money_on_its_way", `{"equity":{"enabled":true,"net":1500.5,"utilised":{"debits":-500.5}}}`, false},
		{"funds_none", `{"equity":{"enabled":false},"commodity":{"enabled":false}}`, false},
		{"funds_crores", `{"equity":{"enabled":true,"net":9876543210.5,"available":{"intraday_payin":1000000000},"utilised":{"debits":1,"delivery":1}}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			accountGolden(t, tt.name, view.Funds(view.FundsView{Margins: decodeMargins(t, tt.answer), AsOf: noon(), Hide: tt.hide}))
		})
	}
}

func TestProfileGolden(t *testing.T) {
	usual := kite.Profile{UserID: "ZZ0001", UserName: "Sample Person", Email: "sample@example.com", Broker: "ZERODHA",
		Exchanges: []string{"NSE", "BSE", "NFO", "MF"}, Products: []string{"CNC", "NRML", "MIS"}}
	hostile := kite.Profile{UserID: "<b>", UserName: "\u202eटाटा & <i>🚀", Email: "<a@b>", Exchanges: []string{"", "<&>", "عربي"}}
	for name, v := range map[string]view.ProfileView{
		"profile": {Profile: usual, AsOf: noon()}, "profile_hidden": {Profile: usual, AsOf: noon(), Hide: true},
		"profile_bare": {Profile: kite.Profile{UserID: "ZZ0001"}, AsOf: noon()}, "profile_hostile": {Profile: hostile, AsOf: noon()},
	} {
		t.Run(name, func(t *testing.T) { accountGolden(t, name, view.Profile(v)) })
	}
}
