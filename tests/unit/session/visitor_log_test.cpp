#include "session/visitor_log.hpp"

#include <catch2/catch.hpp>

#include "support/recording_logger.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;

namespace {

wire::Open from(std::uint8_t last) {
    wire::Open open;
    open.visitor.family = 4;
    open.visitor.bytes = {192, 0, 2, last};
    open.visitor.port = 40'000;
    return open;
}

ClientService service_of(wire::ServiceKind kind) {
    ClientService service;
    service.name = "web";
    service.kind = kind;
    service.backend.text = "127.0.0.1:3000";
    return service;
}

}  // namespace

TEST_CASE("a visitor has a line with service, address and backend", "[visitor-lines]") {
    ferrotunnel::test::RecordingLogger log;
    const TimePoint now = TimePoint{} + 1h;
    log_visitor(service_of(wire::ServiceKind::tcp), from(7), now, log);
    CHECK(log.count("a visitor service=web from=192.0.2.7:40000 host= backend=127.0.0.1:3000") == 1);

    // One connection carries requests of several visitors: the address of the first would be wrong for the others.
    ClientService http = service_of(wire::ServiceKind::http);
    log_visitor(http, from(8), now, log);
    CHECK(log.count("a connection for HTTP visitors service=web backend=127.0.0.1:3000") == 1);
    CHECK(log.count("192.0.2.8") == 0);
    http.http.per_visitor = true;
    log_visitor(http, from(9), now, log);
    CHECK(log.count("a visitor service=web from=192.0.2.9:40000") == 1);

    wire::Open six = from(0);
    six.visitor.family = 6;
    six.visitor.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    log_visitor(service_of(wire::ServiceKind::tls), six, now, log);
    CHECK(log.count("from=[2001:db8::1]:40000") == 1);
}

TEST_CASE("limit: lines about visitors in a second", "[visitor-lines][limits]") {
    ferrotunnel::test::RecordingLogger log;
    const ClientService service = service_of(wire::ServiceKind::tcp);
    TimePoint now = TimePoint{} + 1h;
    for (std::uint32_t i = 0; i < limits::visitor_lines_per_second + 1'000; ++i) {
        log_visitor(service, from(1), now, log);
    }
    CHECK(log.count("") == static_cast<int>(limits::visitor_lines_per_second));
    now += 1s;
    log_visitor(service, from(1), now, log);
    CHECK(log.count("lines were left out kind=visitors lines=1000") == 1);
    CHECK(log.count("a visitor ") == static_cast<int>(limits::visitor_lines_per_second) + 1);
}
