package symbol

import (
	"slices"
	"strings"
)

// indexNamed returns the index that goes by a name in everyday use, however it
// is spaced: "BANK NIFTY", "BANKNIFTY", "NIFTY BANK".
func indexNamed(name string) (Symbol, bool) {
	s, ok := indexByName[normalize(name)]
	return s, ok
}

// isKnownIndex reports whether a symbol is one of the indices that are known by name.
func (s Symbol) isKnownIndex() bool {
	index, ok := indexNamed(s.Name)
	return ok && index == s
}

// indexByName are the indices by their normalized names.
var indexByName = func() map[string]Symbol {
	all := map[string]Symbol{}
	for _, index := range indices {
		s := Symbol{index.exchange, index.name}
		all[normalize(index.name)] = s
		for alias := range strings.FieldsSeq(index.aliases) {
			all[alias] = s
		}
	}
	return all
}()

// normalize leaves out what people put between words or not.
func normalize(name string) string { return separators.Replace(strings.ToUpper(name)) }

var separators = strings.NewReplacer(" ", "", "-", "", "_", "")

// indices are the indices that people ask for by name, in Kite's spelling. The
// aliases are normalized; the name itself needs none.
var indices = []struct{ exchange, name, aliases string }{
	{"NSE", "NIFTY 50", "NIFTY NIFTYFIFTY CNXNIFTY"},
	{"NSE", "NIFTY BANK", "BANKNIFTY"},
	{"BSE", "SENSEX", "BSESENSEX SENSEX30"},
	{"BSE", "BANKEX", "BSEBANKEX"},
	{"NSE", "NIFTY FIN SERVICE", "FINNIFTY NIFTYFIN NIFTYFINANCE NIFTYFINSERVICES NIFTYFINANCIALSERVICES"},
	{"NSE", "NIFTY MID SELECT", "MIDCPNIFTY MIDCAPNIFTY MIDCAPSELECT NIFTYMIDCAPSELECT MIDSELECT"},
	{"NSE", "NIFTY MIDCAP 100", "MIDCAP NIFTYMIDCAP MIDCAP100"},
	{"NSE", "NIFTY MIDCAP 50", "MIDCAP50"},
	{"NSE", "NIFTY SMLCAP 100", "SMALLCAP NIFTYSMALLCAP SMALLCAP100 NIFTYSMALLCAP100"},
	{"NSE", "NIFTY SMLCAP 250", "SMALLCAP250 NIFTYSMALLCAP250"},
	{"NSE", "NIFTY NEXT 50", "NEXT50 NIFTYNEXT NIFTYJUNIOR JUNIORNIFTY NIFTYNXT50"},
	{"NSE", "NIFTY 100", ""},
	{"NSE", "NIFTY 200", ""},
	{"NSE", "NIFTY 500", ""},
	{"NSE", "INDIA VIX", "VIX"},
	{"NSE", "NIFTY IT", "ITNIFTY"},
	{"NSE", "NIFTY AUTO", "AUTONIFTY"},
	{"NSE", "NIFTY PHARMA", "PHARMANIFTY"},
	{"NSE", "NIFTY FMCG", "FMCGNIFTY"},
	{"NSE", "NIFTY METAL", "METALNIFTY"},
	{"NSE", "NIFTY REALTY", "REALTYNIFTY"},
	{"NSE", "NIFTY ENERGY", "ENERGYNIFTY"},
	{"NSE", "NIFTY MEDIA", "MEDIANIFTY"},
	{"NSE", "NIFTY INFRA", "NIFTYINFRASTRUCTURE"},
	{"NSE", "NIFTY PSU BANK", "PSUBANK PSUBANKNIFTY"},
	{"NSE", "NIFTY PVT BANK", "PVTBANK PRIVATEBANK NIFTYPRIVATEBANK"},
	{"NSE", "NIFTY MIDCAP 150", "MIDCAP150"},
	{"NSE", "NIFTY SMLCAP 50", "SMALLCAP50 NIFTYSMALLCAP50"},
	{"NSE", "NIFTY HEALTHCARE", ""},
	{"NSE", "NIFTY CONSUMPTION", ""},
	{"NSE", "NIFTY COMMODITIES", ""},
	{"NSE", "NIFTY OIL AND GAS", "NIFTYOILGAS NIFTYOIL&GAS"},
	{"NSE", "NIFTY CPSE", ""},
	{"NSE", "NIFTY PSE", ""},
	{"NSE", "NIFTY MNC", ""},
	{"NSE", "NIFTY SERV SECTOR", "NIFTYSERVICES"},
	{"BSE", "SNSX50", "SENSEX50"},
	{"BSE", "SNXT50", "SENSEXNEXT50"},
	{"BSE", "BSE 1000", ""},
	{"BSE", "BSE IT", ""},
	{"BSE", "BSE CD", ""},
	{"BSE", "BSE CG", ""},
	{"BSE", "BSE HC", ""},
	{"BSE", "BSE SENSEX SIXTY 65:35", "SENSEXSIXTY65:35"},
	{"BSE", "BSE LGMD60:40ST DIV50", ""},
}

// bseIndices are indices of BSE that are spelt like shares. Their everyday names
// mean those of NSE, or a company.
var bseIndices = strings.Fields("AUTO BANKEX BSE100 BSE200 BSE500 BSEFMC BSEIPO BSEPSU CPSE INFRA LRGCAP METALINDEX MIDCAP OILGAS POWER REALTY SENSEX " +
	"SMLCAP SNSX50 SNXT50")

// IsIndex reports whether an instrument is an index: its prices are points, not
// rupees. A quote knows better ([kite.Quote.IsIndex]); without one the name
// decides: what has a space in its symbol on NSE or BSE is one, since shares have
// none, and so is all of the exchanges that Kite keeps for foreign indices. Those of
// BSE that have no space are listed.
func IsIndex(id string) bool {
	exchange, name, _ := strings.Cut(id, ":")
	switch exchange {
	case "NSE":
		return strings.Contains(name, " ")
	case "BSE":
		return strings.Contains(name, " ") || slices.Contains(bseIndices, name)
	default:
		return exchange == "NSEIX" || exchange == "GLOBAL"
	}
}
