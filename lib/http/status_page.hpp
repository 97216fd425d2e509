// GET /: the status for people. One HTML page, made here, without any script or outside resource; it asks to be loaded
// again every half minute.
#pragma once

#include <string>

#include "http/message.hpp"
#include "sync/status.hpp"

namespace revsync::http {

// `text` so that HTML shows it as it is, in an element or a quoted attribute.
std::string escaped_html(std::string_view text);

std::string status_page(const revsync::Status& status);
// With a Content-Security-Policy that lets in nothing but the page's own style (by its hash) and inline icon.
Response status_page_response(const revsync::Status& status);

}  // namespace revsync::http
