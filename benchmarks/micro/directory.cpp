// The live table of hosts, as a server's worker asks it for every request and as sessions change it: what either costs
// must not depend on how many hosts there are. `directory_hosts` asks for 64 hosts in turn, which stay in the nearest
// caches, `directory_all_hosts` for all of them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "directory/http_directory.hpp"
#include "directory/registry.hpp"
#include "host_name.hpp"

namespace {

using namespace ferrotunnel;
using namespace ferrotunnel::directory;

constexpr ClientId client{{1}, {1}};

/// Carries nothing.
class IdleCarrier final : public HttpCarrier {
public:
    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { std::abort(); }
    void open(std::uint32_t, const HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened) override {}
    void dropped(const std::shared_ptr<HttpService>&) noexcept override {}
};

/// A session that nobody evicts.
class IdleSession final : public SessionHandle {
public:
    void evict(wire::Code, std::string, std::function<void()>) override {}
    void probe(std::function<void(bool)>) override {}
};

HttpDescription description_of(std::int64_t host, const std::string& path) {
    HttpDescription description;
    description.name = "web";
    auto problem = read_http_part({{host_name(host)}, path}, description);
    check(!problem, "a usual service is well described");
    return description;
}

/// A directory of `hosts` hosts with five services each.
class Hosts {
public:
    explicit Hosts(std::int64_t hosts) {
        for (std::int64_t host = 0; host < hosts; ++host) {
            for (const char* path : {"/", "/api", "/api/v1", "/static", "/static/images"}) {
                check(join(description_of(host, path)) != nullptr, "everybody joins");
            }
        }
    }

    std::shared_ptr<HttpService> join(const HttpDescription& description) {
        Refusal why;
        return directory->join(client, ++last_id_, description, carrier, now, why).service;
    }

    const std::shared_ptr<HttpDirectory> directory = std::make_shared<HttpDirectory>();
    const std::shared_ptr<HttpCarrier> carrier = std::make_shared<IdleCarrier>();
    TimePoint now = TimePoint{} + std::chrono::hours(1);

private:
    std::uint32_t last_id_ = 0;
};

void look_up_in_directory(benchmark::State& state, std::int64_t asked_count) {
    const Hosts hosts(state.range(0));
    std::vector<std::string> asked;
    for (std::int64_t i = 0; i < asked_count; ++i) {
        asked.push_back(host_name(i * 7'919 % state.range(0)));
    }
    HttpRoutesCache routes(hosts.directory);
    std::size_t next = 0;
    for (auto _ : state) {
        const HttpMatch match = routes.get().find(asked[next++ % asked.size()], "/api/v1/users/7", hosts.now);
        benchmark::DoNotOptimize(match.service);
    }
    state.SetItemsProcessed(state.iterations());
}

void directory_hosts(benchmark::State& state) {
    look_up_in_directory(state, 64);
}
BENCHMARK(directory_hosts)->Arg(10)->Arg(1'000)->Arg(10'000)->ArgName("hosts");

void directory_all_hosts(benchmark::State& state) {
    look_up_in_directory(state, state.range(0));
}
BENCHMARK(directory_all_hosts)->Arg(10)->Arg(10'000)->ArgName("hosts");

// A client comes with one more service, and goes again: its host stays known, and is forgotten when the next one goes.
void directory_join_leave(benchmark::State& state) {
    Hosts hosts(state.range(0));
    std::int64_t next = state.range(0);
    for (auto _ : state) {
        const auto service = hosts.join(description_of(next++, "/"));
        hosts.now += limits::http_host_known_for + std::chrono::hours(1);
        hosts.directory->leave(*service, *hosts.carrier, hosts.now);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(directory_join_leave)->Arg(10)->Arg(10'000)->ArgName("hosts")->Unit(benchmark::kMicrosecond);

// What the first request after a change costs a worker in addition.
void directory_new_routes(benchmark::State& state) {
    Hosts hosts(state.range(0));
    std::int64_t next = state.range(0);
    HttpRoutesCache routes(hosts.directory);
    for (auto _ : state) {
        state.PauseTiming();
        const auto service = hosts.join(description_of(next++, "/"));
        hosts.directory->leave(*service, *hosts.carrier, hosts.now);
        state.ResumeTiming();
        benchmark::DoNotOptimize(routes.get().find("tenant-7.apps.example.com", "/api/v1/users/7", hosts.now).service);
    }
}
BENCHMARK(directory_new_routes)->Arg(10)->Arg(10'000)->ArgName("hosts")->Iterations(2'000);

// The registry's half of a registration: who may have the name.
void registry_claim_release(benchmark::State& state) {
    Registry::Settings settings;
    settings.hosts_per_session_max = 100'000;
    Registry registry(settings);
    SessionInfo session;
    session.key = registry.new_key();
    session.token = client.first;
    session.instance = client.second;
    (void)registry.admit(session, std::make_shared<IdleSession>());
    for (std::int64_t host = 0; host < state.range(0); ++host) {
        for (const char* path : {"/", "/api", "/api/v1", "/static", "/static/images"}) {
            (void)registry.claim(session.key, 1, ClaimName(host_name(host), path), TimePoint{});
        }
    }
    const ClaimName name("one-more.apps.example.com", "/");
    for (auto _ : state) {
        benchmark::DoNotOptimize(registry.claim(session.key, 1, name, TimePoint{}));
        registry.release(session.key, name);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(registry_claim_release)->Arg(10)->Arg(10'000)->ArgName("hosts");

}  // namespace
