#include "ferrotunnel/service.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "api/service_state.hpp"
#include "ferrotunnel/error.hpp"

namespace ferrotunnel {

using detail::ServiceState;

TEST_CASE("a service's handles follow its state", "[service]") {
    int closes = 0;
    auto state = std::make_shared<ServiceState>("web", [&closes] { ++closes; });
    Service service(state);
    const Service copy = service;
    CHECK(service.name() == "web");
    CHECK(service.state() == Service::State::pending);
    CHECK(service.port() == 0);

    state->set_refused(errc::port_taken, "the port 80 is taken");
    CHECK(copy.state() == Service::State::refused);
    CHECK(copy.error() == errc::port_taken);
    CHECK(copy.error_text() == "the port 80 is taken");

    state->set_registered("tunnel.example.com:80", 80);
    CHECK(copy.state() == Service::State::registered);
    CHECK(copy.endpoint() == "tunnel.example.com:80");
    CHECK(copy.port() == 80);
    CHECK_FALSE(copy.error());

    state->set_pending();
    CHECK(copy.state() == Service::State::pending);
    CHECK(copy.endpoint() == "tunnel.example.com:80");

    service.close();
    service.close();
    CHECK(closes == 1);
    CHECK(copy.state() == Service::State::closed);
    state->set_registered("again:1", 1);
    CHECK(copy.state() == Service::State::closed);
}

TEST_CASE("each public address is a URL, but for a service without one", "[service]") {
    CHECK(url_of("tunnel.example.com:40022") == "tcp://tunnel.example.com:40022");
    CHECK(url_of("[2001:db8::1]:22") == "tcp://[2001:db8::1]:22");
    CHECK(url_of("udp://tunnel.example.com:53") == "udp://tunnel.example.com:53");
    CHECK(url_of("https://app.example.com/api") == "https://app.example.com/api");
    CHECK(url_of("tls://shop.example.com:443") == "tls://shop.example.com:443");
    CHECK(url_of("private").empty());
    CHECK(url_of("").empty());
    auto state = std::make_shared<ServiceState>("web", [] {});
    const Service service(state);
    CHECK(service.url().empty());
    state->set_registered("tunnel.example.com:80", 80);
    CHECK(service.url() == "tcp://tunnel.example.com:80");
    CHECK(Service().url().empty());
}

TEST_CASE("a service that ended with its client calls nobody", "[service]") {
    int closes = 0;
    auto state = std::make_shared<ServiceState>("web", [&closes] { ++closes; });
    Service service(state);
    state->set_closed();
    service.close();
    CHECK(closes == 0);
    CHECK(service.state() == Service::State::closed);
}

TEST_CASE("an empty handle answers like a closed service", "[service]") {
    Service service;
    CHECK(service.state() == Service::State::closed);
    CHECK(service.name().empty());
    CHECK(service.endpoint().empty());
    CHECK(service.port() == 0);
    CHECK_FALSE(service.error());
    service.close();
}

}  // namespace ferrotunnel
