// What a client knows of its link, by itself.
#include "api/client_status.hpp"

#include <catch2/catch.hpp>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel {

namespace {

using detail::ClientStatus;
using session::LinkNotice;

ClientStats stats_of(const ClientStatus& status) {
    ClientStats stats;
    status.add_to(stats);
    return stats;
}

}  // namespace

TEST_CASE("client status: connections are counted, and each has why it is not open") {
    ClientStatus status(false);
    status.record({.kind = LinkNotice::Kind::connected, .trunk = 1, .trunks = 1});
    status.record({.kind = LinkNotice::Kind::joined, .trunk = 2, .trunks = 2});
    CHECK(status.is_connected());
    CHECK(stats_of(status).connects == 2);
    status.record({.kind = LinkNotice::Kind::degraded, .text = "cut", .trunk = 2, .broke = true, .trunks = 1});
    CHECK(status.is_connected());
    CHECK(status.connections().at(2).why == "cut");
    status.record({.kind = LinkNotice::Kind::waiting, .trunk = 1, .trunks = 1});
    CHECK(stats_of(status).resume.waiting == 1);
    status.record({.kind = LinkNotice::Kind::resumed, .trunk = 1, .trunks = 1});
    CHECK(stats_of(status).resume.waiting == 0);
    status.record({.kind = LinkNotice::Kind::lost, .text = "cut", .trunk = 1, .broke = true, .trunks = 0});
    CHECK_FALSE(status.is_connected());
    CHECK(stats_of(status).losses == 2);
    CHECK(stats_of(status).connections == 0);
}

TEST_CASE("client status: an ending client accepts nothing, and its reason is the link's error") {
    ClientStatus status(true);
    status.check_open("add a service");
    status.record({.kind = LinkNotice::Kind::took_over});
    CHECK_FALSE(status.wants_handover());
    const bool has_error = GENERATE(true, false);
    if (has_error) {
        status.set_error(errc::timed_out);
    } else {
        status.close();
    }
    CHECK_FALSE(status.is_stopped());
    const std::error_code reason = has_error ? errc::timed_out : errc::session_closed;
    CHECK(status.reason() == reason);
    CHECK_THROWS_AS(status.check_open("add a service"), std::system_error);
}

TEST_CASE("client status: the end is reported once") {
    ClientStatus status(false);
    const bool link_reports = GENERATE(true, false);
    if (link_reports) {
        status.record({.kind = LinkNotice::Kind::stopped});
    }
    CHECK(status.stop() != link_reports);
    CHECK_FALSE(status.stop());
    CHECK(status.is_stopped());
}

}  // namespace ferrotunnel
