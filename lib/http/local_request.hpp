// Whether a request comes from a person or program at this machine. That its connection does is not enough: tunnels and
// reverse proxies end here, and so does whatever a web page makes the browser of somebody here ask for.
#pragma once

#include "http/message.hpp"

namespace revsync::http {

// The peer is this machine, the Host field names this machine (a web page cannot arrange that: its own name stands
// there, even when its DNS entry points here), and no field tells of a proxy on the way. HTTP/1.0 counts as a proxy
// too: it is how nginx before 1.29.7 asks when nothing is configured, without any such field.
//
// A proxy that speaks HTTP/1.1, names this machine as Host and adds no such field is not recognised, and neither is a
// plain TCP tunnel: what comes through them is local. docs/http.md says how to forward.
bool is_local(const RequestHeader& header, const Peer& peer);

// A browser says that another site's page asks for something to be done (Sec-Fetch-Site, or Origin unlike Host). GET
// and HEAD only show something, which that page does not get to see. Browsers always send one of the fields with a
// POST: https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin
bool is_cross_site(const RequestHeader& header);

}  // namespace revsync::http
