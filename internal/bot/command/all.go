package command

// All is the list of commands, in the order of /help.
func All() List {
	return List{
		portfolioCommand(),
		holdingsCommand(),
		positionsCommand(),
		ordersCommand(),
		tradesCommand(),
		fundsCommand(),
		mutualFundsCommand(),
		gttCommand(),
		profileCommand(),
		quoteCommand(),
		quotesCommand(),
		watchCommand(),
		chartCommand(),
		allocationCommand(),
		moversCommand(),
		searchCommand(),
		hideCommand(),
		showCommand(),
		settingsCommand(),
		toolsCommand(),
		toolCommand(),
		loginCommand(),
		statusCommand(),
		logoutCommand(),
		forgetCommand(),
		helpCommand(),
		startCommand(),
		adminCommand(),
	}
}
