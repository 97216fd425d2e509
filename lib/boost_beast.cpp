// Boost.Beast's implementation and that of Boost.Asio's TLS, compiled once for the whole project.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
