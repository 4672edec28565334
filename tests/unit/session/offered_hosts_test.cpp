// Hosts for which the server may order certificates, as clients register them.
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "unit/session/http_server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

struct OfferedRig : HttpRig {
    explicit OfferedRig(const std::string& domain = {}) : HttpRig(domain) {
        shared->https_public = HttpPublic{"https", 443};
        shared->on_host_offered = [this](const std::string& host, const std::string& token_name, bool is_assigned) {
            const std::lock_guard lock(mutex_);
            offered_.push_back(host + " " + token_name + (is_assigned ? " assigned" : ""));
        };
    }
    std::vector<std::string> offered() {
        const std::lock_guard lock(mutex_);
        return std::exchange(offered_, {});
    }

private:
    std::mutex mutex_;
    std::vector<std::string> offered_;
};

using Offers = std::vector<std::string>;

}  // namespace

TEST_CASE("exact hosts of HTTP services are reported, with the name of the token", "[acme]") {
    OfferedRig rig;
    WireClient client = rig.log_in();
    (void)client.obtain_http(1, {"App.example.com", "*.example.org", "b.example.com", "**.example.net"});
    CHECK(rig.offered() == Offers{"app.example.com one", "b.example.com one"});
    (void)client.obtain_http(2, {"*"});
    CHECK(rig.offered().empty());
    (void)client.obtain_http(3, {"c.example.com"}, "/api");
    CHECK(rig.offered() == Offers{"c.example.com one"});
    client.register_tls(4, {"tls.example.com"});
    CHECK(std::holds_alternative<wire::RegisteredService>(client.answer()));
    CHECK(rig.offered().empty());  // the certificate is the client's
}

TEST_CASE("a host is not reported for a token without the right to it", "[acme]") {
    OfferedRig rig;
    WireClient first = rig.log_in();
    (void)first.obtain_http(1, {"app.example.com"});
    (void)rig.offered();
    WireClient second = rig.log_in_with(rig.other_token, {.instance = 2});
    second.register_http(1, {"app.example.com"});
    (void)second.refused();
    CHECK(rig.offered().empty());
}

TEST_CASE("an assigned host is reported as such, and all of them again on request", "[acme]") {
    OfferedRig rig("tunnel.example.com");
    WireClient client = rig.log_in();
    const std::string assigned = client.obtain_http(1, {}).host + " one assigned";
    CHECK(rig.offered() == Offers{assigned});
    (void)client.obtain_http(2, {"app.example.com"});
    (void)rig.offered();
    on(rig.sessions[0]->worker(),
       [&] { rig.sessions[0]->report_services([](ServiceReplies& replies) { replies.report_hosts(); }); });
    CHECK(rig.offered() == Offers{assigned, "app.example.com one"});
}
