// Looking up a route: what it costs must not depend on how many hosts the table has. `route_hosts` asks for 64 hosts in
// turn, `route_all_hosts` for all of them, so that with many of them the table no longer fits the nearest caches.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "host_name.hpp"
#include "http/authority.hpp"
#include "http/page.hpp"
#include "http/path_regex.hpp"
#include "routes/route_table.hpp"

namespace {

using namespace ferrotunnel::http;
using namespace ferrotunnel::routes;

std::vector<Route> routes_for(std::int64_t hosts) {
    std::vector<Route> routes;
    for (std::int64_t host = 0; host < hosts; ++host) {
        const auto pattern = *parse_host_pattern(host_name(host));
        for (const char* path : {"/", "/api", "/api/v1", "/static", "/static/images"}) {
            routes.push_back({pattern, *parse_path_prefix(path), static_cast<std::uint32_t>(routes.size()), ""});
        }
    }
    return routes;
}

// `count` names of hosts in the table; neighbours in this list are far from each other there.
std::vector<std::string> asked_hosts(std::int64_t hosts, std::int64_t count = 64) {
    std::vector<std::string> asked;
    for (std::int64_t i = 0; i < count; ++i) {
        asked.push_back(host_name(i * 7'919 % hosts));
    }
    return asked;
}

void look_up_in_table(benchmark::State& state, const RouteTable& table, const std::vector<std::string>& hosts,
                      std::string_view path) {
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table.find(hosts[next++ % hosts.size()], path));
    }
    state.SetItemsProcessed(state.iterations());
}

void route_hosts(benchmark::State& state) {
    const auto table = RouteTable::build(routes_for(state.range(0)), 42);
    look_up_in_table(state, *table, asked_hosts(state.range(0)), "/api/v1/users/7");
}
BENCHMARK(route_hosts)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000)->ArgName("hosts");

void route_all_hosts(benchmark::State& state) {
    const auto table = RouteTable::build(routes_for(state.range(0)), 42);
    look_up_in_table(state, *table, asked_hosts(state.range(0), state.range(0)), "/api/v1/users/7");
}
BENCHMARK(route_all_hosts)->Arg(10)->Arg(10'000)->ArgName("hosts");

void route_unknown_host(benchmark::State& state) {
    const auto table = RouteTable::build(routes_for(state.range(0)), 42);
    look_up_in_table(state, *table, {"scanner.example.org", "192.0.2.1"}, "/.env");
}
BENCHMARK(route_unknown_host)->Arg(10)->Arg(10'000)->ArgName("hosts");

void route_wildcard(benchmark::State& state) {
    std::vector<Route> routes = routes_for(10'000);
    routes.push_back({*parse_host_pattern("**.example.com"), *parse_path_prefix("/"), 1, ""});
    const auto table = RouteTable::build(std::move(routes), 42);
    look_up_in_table(state, *table, {"a.b.c.d.example.com"}, "/api/v1/users/7");
}
BENCHMARK(route_wildcard);

void route_expression(benchmark::State& state) {
    const auto table =
        RouteTable::build({{*parse_host_pattern("a.example.com"), *parse_path_regex("/v[0-9]+/users/.*"), 1, ""}}, 42);
    look_up_in_table(state, *table, {"a.example.com"}, "/v1/users/7");
}
BENCHMARK(route_expression);

// A path with two readings.
void route_odd_path(benchmark::State& state) {
    const auto table = RouteTable::build(routes_for(10'000), 42);
    look_up_in_table(state, *table, asked_hosts(10'000), "/api/v1/group%2Fproject");
}
BENCHMARK(route_odd_path);

void normal_form(benchmark::State& state) {
    HostBuffer buffer;
    const std::string host = "Tenant-4711.Apps.Example.com:8443";
    for (auto _ : state) {
        benchmark::DoNotOptimize(normal_host(host, buffer));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(normal_form);

void build_table(benchmark::State& state) {
    const std::vector<Route> routes = routes_for(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(RouteTable::build(routes, 42));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(routes.size()));
}
BENCHMARK(build_table)->Arg(10)->Arg(10'000)->ArgName("hosts")->Unit(benchmark::kMicrosecond);

void write_page(benchmark::State& state) {
    PageRequest request;
    request.state = PageState::unknown_host;
    request.format = choose_format("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    request.host = "scanner.example.org";
    request.request_id = "0123456789abcdef";
    for (auto _ : state) {
        benchmark::DoNotOptimize(make_page(request));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_page);

}  // namespace
