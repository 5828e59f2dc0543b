package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed prices.json
var priceList []byte

// prices are what the services cost, and when and where that was published.
type prices struct {
	Region string           `json:"region"`
	AsOf   string           `json:"asOf"`
	Prices map[string]price `json:"prices"`
}

type price struct {
	USD     float64 `json:"usd"`
	Per     string  `json:"per"`
	Source  string  `json:"source"`
	Checked string  `json:"checked"`
}

func readPrices() (prices, error) {
	var p prices
	if err := json.Unmarshal(priceList, &p); err != nil {
		return p, fmt.Errorf("reading prices.json: %w", err)
	}
	return p, nil
}

// of is the price of one of something. A name that is not on the list is a
// mistake in this program.
func (p prices) of(name string) float64 {
	found, listed := p.Prices[name]
	if !listed {
		panic("prices.json has no price for " + name)
	}
	return found.USD
}
