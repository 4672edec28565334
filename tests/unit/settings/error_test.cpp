#include "ferrotunnel/error.hpp"

#include <asio/error.hpp>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "api/error_map.hpp"
#include "ferrotunnel/event.hpp"

namespace ferrotunnel {

TEST_CASE("error codes have a category, a text of their own and a meaning that std::errc knows", "[error]") {
    std::error_code ec = errc::timed_out;
    CHECK(ec.category().name() == std::string("ferrotunnel"));
    CHECK(ec == errc::timed_out);
    CHECK(ec == std::errc::timed_out);
    CHECK(ec != errc::busy);
    CHECK(std::error_code(errc::connection_lost) == std::errc::connection_reset);
    CHECK(std::error_code(errc::refused) == std::errc::connection_refused);
    CHECK(std::error_code(errc::port_taken) == std::errc::address_in_use);
    CHECK(std::error_code(errc::would_deadlock) == std::errc::resource_deadlock_would_occur);

    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(errc::forbidden); ++value) {
        const std::error_code code(value, ferrotunnel_category());
        CHECK(texts.insert(code.message()).second);
        CHECK(code.message().find("unknown error") == std::string::npos);
        CHECK(code.default_error_condition().category() == std::generic_category());
    }
    CHECK(std::error_code(999, ferrotunnel_category()).message() == "unknown error 999");
}

TEST_CASE("a config_error lists every problem", "[error]") {
    const config_error error({{"server", "missing"}, {"token", "too short"}});
    CHECK(error.problems().size() == 2);
    CHECK(error.problems()[1].key == "token");
    CHECK(std::string(error.what()) == "server: missing\ntoken: too short");
}

TEST_CASE("every code of the wire has an error", "[error]") {
    CHECK_FALSE(detail::error_of(wire::Code::none));
    for (int value = 1; value < 26; ++value) {
        const auto code = static_cast<wire::Code>(value);
        INFO(wire::name_of(code));
        CHECK(detail::error_of(code));
        CHECK(detail::reset_error(code));
    }
    CHECK(detail::error_of(static_cast<wire::Code>(4242)) == errc::protocol_violation);
    CHECK(detail::connection_error(wire::Code::refused) == errc::server_unreachable);
    CHECK(detail::connection_error(wire::Code::connection_reset) == errc::connection_lost);
    CHECK(detail::connection_error(wire::Code::unauthorized) == errc::unauthorized);
    CHECK(detail::connection_error(wire::Code::forbidden) == errc::forbidden);
    CHECK(detail::error_of(wire::Code::forbidden) == errc::forbidden);
    CHECK(detail::reset_error(wire::Code::cancelled) == asio::error::connection_reset);
    CHECK(detail::reset_error(wire::Code::busy) == errc::busy);

    using Kind = mux::StreamEnd::Kind;
    CHECK_FALSE(detail::stream_end_error({}, true));
    CHECK(detail::stream_end_error({Kind::lost, wire::Code::none}, false) == errc::connection_lost);
    CHECK(detail::stream_end_error({Kind::lost, wire::Code::none}, true) == errc::session_closed);
    CHECK(detail::stream_end_error({Kind::aborted, wire::Code::timeout}, false) == errc::timed_out);
}

TEST_CASE("kinds of events have names", "[event]") {
    std::set<std::string_view> names;
    for (int kind = 0; kind <= static_cast<int>(Event::Kind::stopped); ++kind) {
        CHECK(names.insert(name_of(static_cast<Event::Kind>(kind))).second);
    }
    CHECK(names.count("unknown") == 0);
}

}  // namespace ferrotunnel
