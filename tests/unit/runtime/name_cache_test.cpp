#include "runtime/name_cache.hpp"

#include <netdb.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <string>

#include "runtime/connector.hpp"
#include "runtime/limits.hpp"
#include "runtime/name_service.hpp"
#include "runtime/worker_group.hpp"
#include "unit/runtime/loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace std::chrono_literals;

namespace {

NameAnswer found(const std::string& ip) {
    return {{}, {*SocketAddress::from_ip(ip, 0)}};
}

// A resolver that gives the answer it is told to, and waits while it is held.
struct FakeResolver : std::enable_shared_from_this<FakeResolver> {
    std::shared_ptr<NameCache> make_cache() {
        return std::make_shared<NameCache>(
            [self = shared_from_this()](const std::string& host) { return self->look_up(host); },
            [self = shared_from_this()] { return TimePoint{} + 1h + self->ahead.load(); });
    }
    NameAnswer look_up(const std::string& host) {
        ++lookups;
        const int now = ++at_once;
        int most = most_at_once;
        while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
        }
        began.tell();
        if (holds.load()) {
            release.wait();
        }
        --at_once;
        return answer(host);
    }

    std::function<NameAnswer(const std::string&)> answer = [](const std::string&) { return found("192.0.2.1"); };
    std::atomic<int> lookups{0};
    std::atomic<int> at_once{0};
    std::atomic<int> most_at_once{0};
    std::atomic<bool> holds{false};
    std::promise<void> released;
    const std::shared_future<void> release = released.get_future();
    runtime::test::Signal began;

    std::atomic<Duration> ahead{Duration(0)};
};

// The answer that was told, in the words of a test.
std::string text_of(const NameAnswer& answer) {
    return answer.error ? answer.error.message() : answer.addresses.at(0).ip();
}

// Asks for a host, and waits for the answer where it is not known.
std::string look_up(NameCache& cache, const std::string& host) {
    auto told = std::make_shared<std::promise<std::string>>();
    auto answer = told->get_future();
    if (const auto known = cache.find(host, [told](const NameAnswer& one) { told->set_value(text_of(one)); })) {
        return text_of(*known);
    }
    return answer.wait_for(60s) == std::future_status::ready ? answer.get() : "no answer within a minute";
}

}  // namespace

TEST_CASE("a name is asked for once, and again when its time is over", "[names][threads]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    for (int visitor = 0; visitor < 200; ++visitor) {
        CHECK(look_up(*cache, "app") == "192.0.2.1");
    }
    CHECK(resolver->lookups == 1);
    resolver->answer = [](const std::string&) { return found("192.0.2.2"); };
    resolver->ahead = limits::name_fresh - 1ns;
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    resolver->ahead = limits::name_fresh;
    CHECK(look_up(*cache, "app") == "192.0.2.2");
    CHECK(resolver->lookups == 2);
}

TEST_CASE("who asks while a name is looked up gets the same answer", "[names][threads]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    resolver->holds = true;
    runtime::test::Signal told;
    for (int visitor = 0; visitor < 200; ++visitor) {
        CHECK_FALSE(cache->find("app", [&](const NameAnswer&) { told.tell(); }));
    }
    resolver->released.set_value();
    CHECK(told.wait(200));
    CHECK(resolver->lookups == 1);
}

TEST_CASE("while a resolver takes its time, only the first visitor waits, unless the old addresses are distrusted",
          "[names][threads]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    resolver->ahead = limits::name_fresh;
    resolver->holds = true;
    runtime::test::Signal told;
    const auto tell = [&](const NameAnswer&) { told.tell(); };
    CHECK_FALSE(cache->find("app", tell));
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    cache->invalidate("app");
    CHECK_FALSE(cache->find("app", tell));
    resolver->released.set_value();
    CHECK(told.wait(2));
    CHECK(resolver->lookups == 2);
}

TEST_CASE("old addresses are used while the resolver fails, but not for a name that is gone", "[names][threads]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    const NameAnswer failed{{EAI_AGAIN, resolve_category()}, {}};
    const NameAnswer gone{{EAI_NONAME, resolve_category()}, {}};
    resolver->ahead = limits::name_fresh;
    SECTION("it fails") {
        resolver->answer = [failed](const std::string&) { return failed; };
        CHECK(look_up(*cache, "app") == "192.0.2.1");
        CHECK(resolver->lookups == 2);
        CHECK(look_up(*cache, "other") == ::gai_strerror(EAI_AGAIN));
        CHECK(look_up(*cache, "other") == ::gai_strerror(EAI_AGAIN));  // a failure is known for a moment, too
        CHECK(resolver->lookups == 3);
        resolver->holds = true;
        resolver->ahead = limits::name_fresh + limits::name_retry;
        CHECK_FALSE(cache->find("other", [](const NameAnswer&) {}));
        CHECK(look_up(*cache, "app") == "192.0.2.1");  // nobody waits for the lookup that this begins
        CHECK(look_up(*cache, "app") == "192.0.2.1");
        CHECK(resolver->began.wait(5));
        CHECK(resolver->lookups == 5);
        resolver->released.set_value();
    }
    SECTION("it fails for too long") {
        resolver->answer = [failed](const std::string&) { return failed; };
        resolver->ahead = limits::name_stale_max - 1ns;
        CHECK(look_up(*cache, "app") == "192.0.2.1");
        resolver->ahead = limits::name_stale_max + limits::name_retry;
        CHECK(look_up(*cache, "app") == ::gai_strerror(EAI_AGAIN));
    }
    SECTION("the name is gone") {
        resolver->answer = [gone](const std::string&) { return gone; };
        CHECK(look_up(*cache, "app") == ::gai_strerror(EAI_NONAME));
        CHECK(look_up(*cache, "app") == ::gai_strerror(EAI_NONAME));
        CHECK(resolver->lookups == 2);
    }
}

TEST_CASE("a name whose addresses do not answer is asked for again, once a second", "[names][threads]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    cache->invalidate("app");
    cache->invalidate("unknown");
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    CHECK(resolver->lookups == 1);
    resolver->answer = [](const std::string&) { return found("192.0.2.2"); };
    resolver->ahead = limits::name_retry;
    CHECK(look_up(*cache, "app") == "192.0.2.2");
    CHECK(resolver->lookups == 2);
}

TEST_CASE("limit: addresses of a name; the families take turns behind the preferred one", "[names][limits]") {
    const auto ordered = [](std::vector<const char*> ips, const char* first) {
        std::vector<SocketAddress> addresses;
        for (const char* ip : ips) {
            addresses.push_back(*SocketAddress::from_ip(ip, 0));
        }
        order_addresses(addresses, *first != '\0' ? *SocketAddress::from_ip(first, 0) : SocketAddress());
        std::string text;
        for (const SocketAddress& address : addresses) {
            text += address.ip() + ' ';
        }
        return text;
    };
    CHECK(ordered({}, "").empty());
    CHECK(ordered({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"}, "") ==
          "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3 ");
    CHECK(ordered({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"}, "") ==
          "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3 ");
    CHECK(ordered({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"}, "192.0.2.2") ==
          "192.0.2.2 2001:db8::1 192.0.2.1 2001:db8::2 ");
    CHECK(ordered({"192.0.2.1", "192.0.2.2"}, "192.0.2.9") == "192.0.2.1 192.0.2.2 ");

    std::vector<SocketAddress> many;
    for (std::size_t i = 0; i <= limits::name_addresses_max; ++i) {
        many.push_back(*SocketAddress::from_ip("2001:db8::" + std::to_string(i), 0));
    }
    many.push_back(*SocketAddress::from_ip("192.0.2.1", 0));
    order_addresses(many, {});
    CHECK(many.size() == limits::name_addresses_max);
    CHECK(many[1].ip() == "192.0.2.1");
}

TEST_CASE("limit: lookups at a time, and names that are remembered", "[names][threads][limits]") {
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    resolver->holds = true;
    runtime::test::Signal told;
    const int names = static_cast<int>(limits::names_known_max) + 3;
    for (int name = 0; name < names; ++name) {
        CHECK_FALSE(cache->find(std::to_string(name), [&](const NameAnswer&) { told.tell(); }));
    }
    CHECK(resolver->began.wait(static_cast<int>(limits::lookups_max)));
    resolver->holds = false;
    resolver->released.set_value();
    CHECK(told.wait(names));
    CHECK(resolver->most_at_once == static_cast<int>(limits::lookups_max));
    CHECK(resolver->lookups == names);
    CHECK(cache->size() == static_cast<std::size_t>(names));  // each of these names was waited for
    CHECK(look_up(*cache, "one more") == "192.0.2.1");
    CHECK(cache->size() == limits::names_known_max);
}

TEST_CASE("workers of a group ask once", "[names][threads]") {
    WorkerGroup group(4);
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    for (std::size_t i = 0; i < group.size(); ++i) {
        group.at(i).names().share(cache);
    }
    group.start();
    runtime::test::Signal told;
    for (int visitor = 0; visitor < 200; ++visitor) {
        runtime::Worker& worker = group.next();
        runtime::test::on(worker, [&] {
            (void)worker.names().resolve("app", [&](std::error_code, const std::vector<SocketAddress>& addresses) {
                if (addresses.size() == 1) {
                    told.tell();
                }
            });
        });
    }
    CHECK(told.wait(200));
    CHECK(resolver->lookups == 1);
}

TEST_CASE("while a resolver takes its time, visitors of the first one's worker go to the old addresses, too",
          "[names][threads]") {
    WorkerGroup group(1);
    const auto resolver = std::make_shared<FakeResolver>();
    const auto cache = resolver->make_cache();
    group.at(0).names().share(cache);
    group.start();
    CHECK(look_up(*cache, "app") == "192.0.2.1");
    resolver->ahead = limits::name_fresh;
    resolver->holds = true;
    runtime::test::Signal told;
    const auto visit = [&] {
        runtime::test::on(group.at(0), [&] {
            (void)group.at(0).names().resolve(
                "app", [&](std::error_code error, const std::vector<SocketAddress>&) { error ? void() : told.tell(); });
        });
    };
    visit();
    CHECK(resolver->began.wait(2));
    visit();
    CHECK(told.wait(2));  // the first request as well, since there are addresses for all
    resolver->released.set_value();
}
