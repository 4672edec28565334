// A certificate that appears while clients are connected: they learn the https URL of their service.
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "unit/api/end_to_end.hpp"
#include "unit/transport/made_certificates.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using transport::test::make_for;
using transport::test::put_pair;
using transport::test::TemporaryDirectory;

TEST_CASE("a client learns the https URL when its host has a certificate, once for all connections",
          "[https][threads]") {
    const TemporaryDirectory directory;
    put_pair(directory.path(), "other", make_for("other.example"));
    const Secret token = Secret::generate();
    Https https;
    https.folders = {directory.path()};
    https.reload_interval = 100ms;
    Server::Builder builder = server_builder(token);
    builder.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").https(https).public_host("tunnel.example.com");
    Server server = builder.build();
    server.start();

    std::mutex mutex;
    std::vector<std::string> endpoints;
    Client client = client_builder(token, server.client_endpoint())
                        .connections(2)
                        .on_event([&](const Event& event) {
                            if (event.kind == Event::Kind::registered) {
                                const std::lock_guard lock(mutex);
                                endpoints.push_back(event.endpoint);
                            }
                        })
                        .build();
    Http http;
    http.host = "app.example";
    http.local = "127.0.0.1:1";
    const Service service = client.add(http);
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    CHECK(service.endpoint().starts_with("http://app.example:"));

    put_pair(directory.path(), "app", make_for("app.example"));
    REQUIRE(eventually([&] { return service.endpoint().starts_with("https://app.example:"); }));
    CHECK(eventually([&] {
        const auto tunnels = server.tunnels();
        return tunnels.size() == 1 && tunnels[0].services.at(0).endpoint == service.endpoint();
    }));
    CHECK(eventually([&] {
        const std::lock_guard lock(mutex);
        return endpoints.size() == 2;
    }));
    client.stop();  // all events have been delivered
    REQUIRE(endpoints.size() == 2);
    CHECK(endpoints.at(0).starts_with("http://"));
    CHECK(endpoints.at(1) == service.endpoint());
}
