// Certificates that the application finds by host: calls, answers of every kind, and what is remembered.
#include "api/host_lookups.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "api/host_certificate_cache.hpp"
#include "api/host_lookup_core.hpp"
#include "api/limits.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/host_certificates.hpp"
#include "support/eventually.hpp"
#include "unit/transport/made_certificates.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using transport::test::certificate_pem;
using transport::test::key_pem;
using transport::test::make_for;

Credential for_host(const std::string& host) {
    const transport::test::Made made = make_for(host);
    return Credential::from_pem(certificate_pem(made), Secret::from_string(key_pem(made)));
}

/// One that was valid an hour and a half ago.
std::shared_ptr<const transport::LoadedCertificate> expired_for(const std::string& host) {
    const transport::test::Made made =
        transport::test::make({.alternative_names = "DNS:" + host, .from_seconds = -7'200, .until_seconds = -3'600});
    return transport::parse_credential(certificate_pem(made), key_pem(made), {},
                                       std::chrono::system_clock::now() - 90min);
}

/// Makes the call for a host, which has to be the next one.
std::uint64_t call_for(HostLookups::Core& core, const std::string& host) {
    (void)core.ask(host, HostUse::exact, {});
    HostLookups::Core::Work work;
    REQUIRE(core.next(work));
    REQUIRE(work.due);
    REQUIRE(work.due->host == host);
    return work.due->id;
}

/// Keeps the answers of calls until the test gives them.
class Application {
public:
    CertificateHandler handler() {
        return [this](const std::string& host, CertificateAnswer answer) {
            const std::lock_guard lock(mutex_);
            calls_.push_back(host);
            open_.emplace(host, std::move(answer));
        };
    }
    std::size_t calls() const {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }
    bool is_asked_for(const std::string& host) const {
        return eventually([&] {
            const std::lock_guard lock(mutex_);
            return open_.contains(host);
        });
    }
    CertificateAnswer take(const std::string& host) {
        REQUIRE(is_asked_for(host));
        const std::lock_guard lock(mutex_);
        auto node = open_.extract(host);
        return std::move(node.mapped());
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::map<std::string, CertificateAnswer> open_;
};

struct LookupRig {
    explicit LookupRig(CertificateHandler handler, const HostCertificateTimes& times = {.timeout = 60s})
        : source(std::move(handler), times) {
        lookups.emplace(HostLookups::Needs{source.handler(), null_logger(),
                                           [](std::string_view host) {
                                               return host.ends_with(".unknown")   ? HostUse::unknown
                                                      : host.ends_with(".pattern") ? HostUse::pattern
                                                                                   : HostUse::exact;
                                           },
                                           [this] { ++changes; }});
    }
    // Whether somebody who waits for this host is released.
    std::shared_ptr<std::atomic<int>> wait(const std::string& host) {
        auto released = std::make_shared<std::atomic<int>>(0);
        lookups->wait(host, [released] { ++*released; });
        return released;
    }

    HostCertificates source;
    std::atomic<int> changes{0};
    std::optional<HostLookups> lookups;
};

}  // namespace

TEST_CASE("a visitor waits for the certificate of its host, and others find it", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    CHECK(rig.lookups->needs("a.example"));
    const auto first = rig.wait("a.example");
    const auto second = rig.wait("a.example");
    CertificateAnswer answer = application.take("a.example");
    CHECK(*first == 0);
    Credential found = for_host("a.example");
    answer.use(found);
    CHECK(*first == 1);
    CHECK(*second == 1);
    CHECK(rig.lookups->find("a.example") == found.state()->current());
    CHECK_FALSE(rig.lookups->needs("a.example"));
    CHECK(*rig.wait("a.example") == 1);
    CHECK(eventually([&] { return rig.changes == 1; }));

    found.replace(for_host("a.example"));
    CHECK(rig.lookups->find("a.example") == found.state()->current());
    CHECK(application.calls() == 1);
    rig.source.forget("a.example");
    CHECK(rig.lookups->find("a.example") == nullptr);
    CHECK(rig.lookups->needs("a.example"));
}

TEST_CASE("an answer to a call from before its host was forgotten is used once", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    const auto waits = rig.wait("a.example");
    CertificateAnswer late = application.take("a.example");
    const auto none = rig.wait("none.example");
    CertificateAnswer to_none = application.take("none.example");
    SECTION("by its name") {
        rig.source.forget("a.example");
        rig.source.forget("none.example");
    }
    SECTION("with all others") {
        rig.source.forget_all();
    }
    const Credential found = for_host("a.example");
    late.use(found);
    to_none.none();
    CHECK(*waits == 1);
    CHECK(*none == 1);
    CHECK(rig.lookups->find("a.example") == found.state()->current());
    CHECK(rig.lookups->needs("a.example"));
    CHECK(rig.lookups->needs("none.example"));
    (void)rig.wait("a.example");
    const Credential next = for_host("a.example");
    application.take("a.example").use(next);
    CHECK(rig.lookups->find("a.example") == next.state()->current());
    CHECK_FALSE(rig.lookups->needs("a.example"));
}

TEST_CASE("none, a failure, an exception, a dropped and a second answer release the visitor", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    const auto none = rig.wait("none.example");
    CertificateAnswer to_none = application.take("none.example");
    to_none.none();
    to_none.use(for_host("none.example"));
    CHECK(*none == 1);
    CHECK(rig.lookups->find("none.example") == nullptr);
    CHECK_FALSE(rig.lookups->needs("none.example"));

    const auto failed = rig.wait("failed.example");
    application.take("failed.example").fail("no database");
    CHECK(*failed == 1);
    const auto dropped = rig.wait("dropped.example");
    (void)application.take("dropped.example");
    CHECK(*dropped == 1);
    const auto other = rig.wait("other.example");
    application.take("other.example").use(for_host("another.example"));
    CHECK(*other == 1);
    CHECK(rig.lookups->find("other.example") == nullptr);

    LookupRig throws([](const std::string&, const CertificateAnswer&) { throw std::runtime_error("no"); });
    const auto thrown = throws.wait("a.example");
    CHECK(eventually([&] { return *thrown == 1; }));
}

TEST_CASE("an answer that does not come in time is a failure; a late one does nothing", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler(), {.timeout = 100ms});
    const auto waits = rig.wait("a.example");
    CHECK(eventually([&] { return *waits == 1; }));
    application.take("a.example").use(for_host("a.example"));
    CHECK(rig.lookups->find("a.example") == nullptr);
    CHECK_FALSE(rig.lookups->needs("a.example"));  // for a moment
}

TEST_CASE("hosts that no service has are never asked for", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    CHECK_FALSE(rig.lookups->needs("a.unknown"));
    CHECK(*rig.wait("a.unknown") == 1);
    (void)rig.wait("a.example");
    REQUIRE(application.is_asked_for("a.example"));
    CHECK(application.calls() == 1);
}

TEST_CASE("a bounded number of calls is unanswered, and waits", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    const auto name = [](std::size_t number) { return "h" + std::to_string(number) + ".example"; };
    for (std::size_t i = 0; i < limits::host_lookups_at_once_max; ++i) {
        rig.lookups->offered(name(i));
    }
    REQUIRE(eventually([&] { return application.calls() == limits::host_lookups_at_once_max; }));
    for (std::size_t i = 0; i < limits::host_lookups_queue_max; ++i) {
        rig.lookups->offered("q" + name(i));
    }
    const auto beyond = rig.wait("beyond.example");
    CHECK(*beyond == 1);  // there is no room for it
    CHECK(application.calls() == limits::host_lookups_at_once_max);
    application.take(name(0)).none();
    CHECK(application.is_asked_for("q" + name(0)));
    const auto fits = rig.wait("beyond.example");
    CHECK(*fits == 0);
    rig.lookups.reset();  // releases everyone
    CHECK(*fits == 1);
}

TEST_CASE("stopped lookups wait for the call in progress; their last owner waits for nothing", "[by-host][threads]") {
    std::promise<void> called;
    std::promise<void> may_return;
    std::atomic<bool> has_returned{false};
    const HostCertificates source([&](const std::string&, const CertificateAnswer&) {
        called.set_value();
        may_return.get_future().wait();
        has_returned = true;
    });
    const auto lookups = std::make_shared<HostLookups>(
        HostLookups::Needs{source.handler(), null_logger(), [](std::string_view) { return HostUse::exact; }, {}});
    std::promise<void> released;
    lookups->wait("a.example", [&released] { released.set_value(); });
    called.get_future().wait();
    std::thread stopping([&] { lookups->stop(); });
    released.get_future().wait();
    CHECK_FALSE(has_returned);
    may_return.set_value();
    stopping.join();
    CHECK(has_returned);
    int ready = 0;
    lookups->wait("b.example", [&ready] { ++ready; });
    CHECK(ready == 1);
    lookups->offered("b.example");
    lookups->stop();
}

TEST_CASE("names that visitors invent below a pattern are asked for at a bounded rate", "[by-host]") {
    HostLookups::Core core({});
    std::size_t asked = 0;
    for (std::uint32_t i = 0; i < 10 * limits::host_lookups_rate.burst; ++i) {
        asked += core.ask(std::to_string(i) + ".pattern", HostUse::pattern, [] {}) ? 1 : 0;
    }
    CHECK(asked >= limits::host_lookups_rate.burst);
    CHECK(asked < 5 * limits::host_lookups_rate.burst);
    CHECK(core.ask("exact.example", HostUse::exact, [] {}));
    core.stop();
}

TEST_CASE("limit: as many visitors wait for one host as may; one more does not wait", "[by-host]") {
    HostLookups::Core core({});
    std::size_t released = 0;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < limits::host_lookup_waiting_max; ++i) {
        waiting += core.ask("a.example", HostUse::exact, [&released] { ++released; }) ? 1 : 0;
    }
    CHECK(waiting == limits::host_lookup_waiting_max);
    CHECK_FALSE(core.ask("a.example", HostUse::exact, [&released] { ++released; }));
    CHECK(core.ask("b.example", HostUse::exact, [] {}));
    core.stop();
    CHECK(released == limits::host_lookup_waiting_max);
}

TEST_CASE("only a change of whether a host has a certificate is one for its clients", "[by-host]") {
    HostLookups::Core core({.kept_for = 0ms, .none_for = 0ms});
    using Answer = HostLookups::Core::Answer;
    int number = 0;
    // Whether clients learn of the answer, which the next call shows.
    const auto changes = [&](Answer answer) {
        core.settle("a.example", call_for(core, "a.example"), std::move(answer));
        const std::string next = std::to_string(++number) + ".example";
        (void)core.ask(next, HostUse::exact, {});
        HostLookups::Core::Work work;
        REQUIRE(core.next(work));
        REQUIRE(work.due);
        core.settle(next, work.due->id, {nullptr, "other"});
        return work.has_change;
    };
    const Answer found{for_host("a.example").state(), {}};
    const Answer expired{std::make_shared<transport::CredentialState>(expired_for("a.example")), {}};
    CHECK_FALSE(changes({}));
    CHECK(changes(found));
    CHECK_FALSE(changes(found));
    CHECK_FALSE(changes(expired));
    CHECK(changes(found));
    CHECK_FALSE(changes({for_host("a.example").state(), {}}));
    CHECK(changes({}));
    CHECK_FALSE(changes({}));
    CHECK(changes(found));
    core.forget("a.example");
    CHECK(changes({}));
    CHECK(changes(found));
    core.forget({});
    CHECK(changes(found));
    CHECK_FALSE(changes(expired));
    CHECK(changes({nullptr, "no database"}));
    core.stop();
}

TEST_CASE("a failure for a host whose certificate has expired is remembered like one without", "[by-host]") {
    HostLookups::Core core({});
    const auto credential = std::make_shared<transport::CredentialState>(expired_for("a.example"));
    core.settle("a.example", call_for(core, "a.example"), {credential, {}});
    CHECK(core.find("a.example") == nullptr);
    CHECK(core.is_unknown("a.example"));
    core.settle("a.example", call_for(core, "a.example"), {nullptr, "no database"});
    CHECK_FALSE(core.is_unknown("a.example"));  // for a moment
    core.stop();
}

TEST_CASE("a certificate that has expired is not a valid answer", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler());
    const auto waits = rig.wait("a.example");
    const Credential found = for_host("a.example");
    REQUIRE(found.state()->replace(expired_for("a.example")).empty());
    application.take("a.example").use(found);
    CHECK(*waits == 1);
    CHECK(rig.lookups->find("a.example") == nullptr);
    CHECK_FALSE(rig.lookups->needs("a.example"));
}

TEST_CASE("a kept certificate is asked for again in the background", "[by-host][threads]") {
    Application application;
    LookupRig rig(application.handler(), {.timeout = 60s, .kept_for = 1s});
    (void)rig.wait("a.example");
    const Credential first = for_host("a.example");
    application.take("a.example").use(first);
    REQUIRE(eventually([&] { return rig.lookups->needs("a.example"); }));
    CHECK(*rig.wait("a.example") == 1);  // which does not wait for the call
    CHECK(rig.lookups->find("a.example") == first.state()->current());
    application.take("a.example").fail();
    CHECK(rig.lookups->find("a.example") == first.state()->current());
    CHECK_FALSE(rig.lookups->needs("a.example"));
}

TEST_CASE("the cache of hosts is bounded; what was not used for longest makes room", "[by-host]") {
    HostCertificateCache cache(2, 2);
    const TimePoint now{};
    const auto wall = std::chrono::system_clock::now();
    const auto credential = for_host("a.example").state();
    cache.put("a", credential, now + 1h);
    cache.put("b", credential, now + 1h);
    CHECK(cache.find("a", now, wall));
    cache.put("c", credential, now + 1h);
    CHECK(cache.certificates() == 2);
    CHECK_FALSE(cache.find("b", now, wall));
    CHECK(cache.find("a", now, wall));
    CHECK_FALSE(cache.find("a", now, wall)->is_due);
    CHECK(cache.find("a", now + 1h, wall)->is_due);
    CHECK_FALSE(cache.find("a", now, wall + 48h));  // the certificate has ended

    cache.put_miss("a", now + 1min);  // which was a certificate
    CHECK(cache.certificates() == 1);
    CHECK(cache.is_miss("a", now));
    CHECK_FALSE(cache.is_miss("a", now + 1min));
    cache.put_miss("d", now + 1min);
    cache.put_miss("e", now + 1min);
    CHECK(cache.misses() == 2);
    CHECK_FALSE(cache.is_miss("a", now));
    CHECK_FALSE(cache.postpone("d", now, wall));
    CHECK(cache.postpone("c", now + 2h, wall));
    CHECK_FALSE(cache.find("c", now + 1h, wall)->is_due);
    CHECK_FALSE(cache.postpone("c", now + 2h, wall + 48h));
    cache.clear();
    CHECK(cache.misses() + cache.certificates() == 0);
}

TEST_CASE("a source needs a handler, and times within their bounds", "[by-host]") {
    const auto handler = [](const std::string&, const CertificateAnswer&) {};
    CHECK_THROWS_AS(HostCertificates(CertificateHandler()), config_error);
    CHECK_THROWS_AS(HostCertificates(handler, {.timeout = 99ms}), config_error);
    CHECK_THROWS_AS(HostCertificates(handler, {.timeout = 60'001ms}), config_error);
    CHECK_THROWS_AS(HostCertificates(handler, {.kept_for = 999ms}), config_error);
    CHECK_THROWS_AS(HostCertificates(handler, {.none_for = 999ms}), config_error);
    const HostCertificates source(handler, {.timeout = 100ms});
    const HostCertificates copy = source;
    CHECK(copy == source);
    CHECK_FALSE(HostCertificates(handler) == source);
    CHECK(HostCertificates().empty());
}

}  // namespace ferrotunnel::detail
