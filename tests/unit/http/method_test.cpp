#include "http/method.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::http;

TEST_CASE("method: known by their exact names") {
    const std::pair<std::string_view, Method> known[] = {
        {"GET", Method::get},        {"HEAD", Method::head},       {"POST", Method::post},
        {"PUT", Method::put},        {"DELETE", Method::delete_},  {"OPTIONS", Method::options},
        {"PATCH", Method::patch},    {"CONNECT", Method::connect}, {"TRACE", Method::trace},
        {"get", Method::other},      {"GETS", Method::other},      {"GE", Method::other},
        {"PROPFIND", Method::other}, {"", Method::other},          {"POSt", Method::other},
        {"CONNECTS", Method::other},
    };
    for (const auto& [text, method] : known) {
        INFO(text);
        CHECK(method_of(text) == method);
    }
}

TEST_CASE("method: what may be sent again") {
    for (Method method : {Method::get, Method::head, Method::put, Method::delete_, Method::options, Method::trace}) {
        CHECK(is_idempotent(method));
    }
    for (Method method : {Method::post, Method::patch, Method::connect, Method::other}) {
        CHECK_FALSE(is_idempotent(method));
    }
}
