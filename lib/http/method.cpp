#include "http/method.hpp"

namespace ferrotunnel::http {

Method method_of(std::string_view text) noexcept {
    switch (text.size()) {
        case 3:
            return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
        case 4:
            return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
        case 5:
            return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::other;
        case 6:
            return text == "DELETE" ? Method::delete_ : Method::other;
        case 7:
            return text == "OPTIONS" ? Method::options : text == "CONNECT" ? Method::connect : Method::other;
        default:
            return Method::other;
    }
}

bool is_idempotent(Method method) noexcept {
    switch (method) {
        case Method::get:
        case Method::head:
        case Method::put:
        case Method::delete_:
        case Method::options:
        case Method::trace:
            return true;
        case Method::other:
        case Method::post:
        case Method::patch:
        case Method::connect:
            return false;
    }
    return false;
}

}  // namespace ferrotunnel::http
