package kite

import "strings"

// indexNamed returns the index that goes by a name in everyday use, however it
// is spaced: "BANK NIFTY", "BANKNIFTY", "NIFTY BANK".
func indexNamed(name string) (Symbol, bool) {
	wanted := squeeze(name)
	for _, index := range indices() {
		if wanted == squeeze(index.name) {
			return Symbol{index.exchange, index.name}, true
		}
		for alias := range strings.FieldsSeq(index.aliases) {
			if wanted == alias {
				return Symbol{index.exchange, index.name}, true
			}
		}
	}
	return Symbol{}, false
}

// squeeze leaves out what people put between words or not.
func squeeze(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToUpper(name))
}

type indexName struct {
	exchange, name string
	aliases        string // squeezed; its own name goes without saying
}

// indices are the indices that people ask for by name, in Kite's spelling.
func indices() []indexName {
	return []indexName{
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
	}
}

// IsIndex reports whether an instrument is an index: its prices are points, not
// rupees. A quote does not tell, the name does: apart from those above, what has
// a space in its symbol on NSE or BSE is one, since shares have none, and so is
// all of the exchanges that Kite keeps for foreign indices.
func IsIndex(id string) bool {
	exchange, name, _ := strings.Cut(id, ":")
	switch exchange {
	case "NSE", "BSE":
		if strings.Contains(name, " ") {
			return true
		}
		index, known := indexNamed(name)
		return known && index.String() == id
	default:
		return exchange == "NSEIX" || exchange == "GLOBAL"
	}
}
