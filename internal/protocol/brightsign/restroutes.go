package brightsign

import "net/http"

func (d *Door) restRoutes(mux *http.ServeMux) {}
