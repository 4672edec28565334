// What the control API and the metrics have about a cluster.
#include "api/cluster_report.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "base/clock.hpp"

using namespace ferrotunnel;
using admin::Json;
using namespace std::chrono_literals;

namespace {

peers::ClusterState two_others(TimePoint now) {
    peers::ClusterState state;
    state.own = "a";
    state.recovering = true;
    state.waiting = 2;
    state.own_names = 12;
    state.memory = 8'192;
    state.partial_ports = {"tcp 2222"};
    state.own_partial_ports = {"udp 53 at b (Address already in use)"};
    peers::ClusterState::Member linked;
    linked.name = "b";
    linked.address = "b.test:7838";
    linked.linked = true;
    linked.data_links = 4;
    linked.streams = 3;
    linked.forwarded = 310;
    linked.names = 7;
    linked.decides = cluster::Decides::homes;
    linked.agent = "ferrotunnel/1";
    linked.round_trip = 410us;
    linked.since = now - 60s;
    linked.problem = "of before";
    peers::ClusterState::Member lost;
    lost.name = "c";
    lost.address = "c.test:7838";
    lost.problem = "Connection refused";
    state.members = {linked, lost};
    return state;
}

}  // namespace

TEST_CASE("the control API has the members of a cluster", "[cluster-report]") {
    const TimePoint now = Clock::now();
    const Json json = detail::json_of_cluster(two_others(now), "10.0.0.1:7838", now);
    CHECK(json.at("member") == "a");
    CHECK(json.at("listen") == "10.0.0.1:7838");
    CHECK(json.at("recovering") == true);
    CHECK(json.at("decides") == "servers");
    CHECK(json.at("names") == 12);
    CHECK(json.at("waiting") == 2);
    CHECK(json.at("memory") == 8'192);
    CHECK(json.at("partial_ports") == Json::array({"tcp 2222"}));
    CHECK(json.at("own_partial_ports") == Json::array({"udp 53 at b (Address already in use)"}));
    Json linked = json.at("members").at(0);
    const auto wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    CHECK(linked.at("since").get<std::int64_t>() <= wall - 59);
    CHECK(linked.at("since").get<std::int64_t>() > wall - 3'600);
    linked.erase("since");
    CHECK(linked == Json{{"name", "b"},
                         {"address", "b.test:7838"},
                         {"linked", true},
                         {"data_links", 4},
                         {"streams", 3},
                         {"forwarded", 310},
                         {"names", 7},
                         {"rtt_us", 410},
                         {"decides", "servers"},
                         {"agent", "ferrotunnel/1"}});
    CHECK(json.at("members").at(1) == Json{{"name", "c"},
                                           {"address", "c.test:7838"},
                                           {"linked", false},
                                           {"data_links", 0},
                                           {"streams", 0},
                                           {"forwarded", 0},
                                           {"names", 0},
                                           {"rtt_us", 0},
                                           {"problem", "Connection refused"}});
}

TEST_CASE("status and metrics have the store of a cluster, if there is one", "[cluster-report]") {
    const TimePoint now = Clock::now();
    peers::ClusterState state = two_others(now);
    CHECK_FALSE(detail::json_of_cluster(state, "127.0.0.1:1", now).contains("store"));
    state.decides = cluster::Decides::both;
    state.members[0].decides = cluster::Decides::store;
    const Json changing = detail::json_of_cluster(state, "127.0.0.1:1", now);
    CHECK(changing.at("decides") == "both");
    CHECK(changing.at("members").at(0).at("decides") == "etcd");
    CHECK_FALSE(changing.at("members").at(1).contains("decides"));
    state.store = peers::StoreState{"no endpoint of etcd answers", now - std::chrono::seconds(60), 5};
    Json json = detail::json_of_cluster(state, "127.0.0.1:1", now).at("store");
    const auto wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    CHECK(json.at("since").get<std::int64_t>() <= wall - 59);
    json.erase("since");
    CHECK(json ==
          Json{{"kind", "etcd"}, {"in_order", false}, {"waiting", 5}, {"problem", "no endpoint of etcd answers"}});
    metrics::Exposition with(metrics::Format::prometheus);
    detail::put_cluster(with, &state);
    const std::string text = std::move(with).finish();
    CHECK(text.find("\nferrotunnel_cluster_store_in_order 0\n") != std::string::npos);
    CHECK(text.find("\nferrotunnel_cluster_store_waiting 5\n") != std::string::npos);
    CHECK(detail::json_of_place({"", {"a"}, false}, "a").at("home") == "etcd");
}

TEST_CASE("status and metrics have the shared values in etcd, if it keeps them", "[cluster-report]") {
    const TimePoint now = Clock::now();
    peers::ClusterState state = two_others(now);
    CHECK_FALSE(detail::json_of_cluster(state, "127.0.0.1:1", now).contains("values"));
    const auto metrics_of = [&state] {
        metrics::Exposition with(metrics::Format::prometheus);
        detail::put_cluster(with, &state);
        return std::move(with).finish();
    };
    CHECK(metrics_of().find("\nferrotunnel_cluster_values_in_order ") == std::string::npos);
    state.values = peers::ValueState{"", {}, {12, 3, 1}};
    CHECK(detail::json_of_cluster(state, "127.0.0.1:1", now).at("values") ==
          Json{{"in_order", true}, {"stored", 12}, {"waiting", 3}, {"unreadable", 1}});
    std::string text = metrics_of();
    CHECK(text.find("\nferrotunnel_cluster_values_in_order 1\n") != std::string::npos);
    CHECK(text.find("\nferrotunnel_cluster_values_stored 12\n") != std::string::npos);
    CHECK(text.find("\nferrotunnel_cluster_values_waiting 3\n") != std::string::npos);
    CHECK(text.find("\nferrotunnel_cluster_values_unreadable 1\n") != std::string::npos);
    state.values->problem = "no endpoint of etcd answers";
    state.values->since = now - std::chrono::seconds(60);
    const Json json = detail::json_of_cluster(state, "127.0.0.1:1", now).at("values");
    CHECK(json.at("in_order") == false);
    CHECK(json.at("problem") == "no endpoint of etcd answers");
    CHECK(json.contains("since"));
    CHECK(metrics_of().find("\nferrotunnel_cluster_values_in_order 0\n") != std::string::npos);
}

TEST_CASE("the metrics have the members of a cluster", "[cluster-report]") {
    const peers::ClusterState state = two_others(Clock::now());
    metrics::Exposition with(metrics::Format::prometheus);
    detail::put_cluster(with, &state);
    const std::string text = std::move(with).finish();
    for (const char* line :
         {"\nferrotunnel_cluster_linked{member=\"b\"} 1\nferrotunnel_cluster_linked{member=\"c\"} 0\n",
          "\nferrotunnel_cluster_data_links{member=\"b\"} 4\n", "\nferrotunnel_cluster_streams{member=\"b\"} 3\n",
          "\nferrotunnel_cluster_forwarded_total{member=\"b\"} 310\n",
          "\nferrotunnel_cluster_member_names{member=\"b\"} 7\n",
          "\nferrotunnel_cluster_round_trip_seconds{member=\"b\"} 0.00041\n", "\nferrotunnel_cluster_names 12\n",
          "\nferrotunnel_cluster_waiting 2\n", "\nferrotunnel_cluster_table_bytes 8192\n",
          "\nferrotunnel_cluster_partial_ports 1\n"}) {
        INFO(text);
        CHECK(text.find(line) != std::string::npos);
    }
    metrics::Exposition without(metrics::Format::prometheus);
    detail::put_cluster(without, nullptr);
    const std::string alone = std::move(without).finish();
    CHECK(alone.find("# TYPE ferrotunnel_cluster_linked gauge\n") != std::string::npos);
    CHECK(alone.find("\nferrotunnel_cluster_linked{") == std::string::npos);
    CHECK(alone.find("\nferrotunnel_cluster_names ") == std::string::npos);
}

TEST_CASE("status and metrics have the members in etcd, if they are found there", "[cluster-report]") {
    const TimePoint now = Clock::now();
    peers::ClusterState state = two_others(now);
    CHECK_FALSE(detail::json_of_cluster(state, "127.0.0.1:1", now).contains("finder"));
    state.finder = peers::FinderState{"10.0.0.1:7838", "", 2};
    CHECK(detail::json_of_cluster(state, "127.0.0.1:1", now).at("finder") ==
          Json{{"address", "10.0.0.1:7838"}, {"in_order", true}, {"found", 2}});
    state.finder->problem = "no endpoint of etcd answers";
    CHECK(detail::json_of_cluster(state, "127.0.0.1:1", now).at("finder").at("problem") ==
          "no endpoint of etcd answers");
    metrics::Exposition with(metrics::Format::prometheus);
    detail::put_cluster(with, &state);
    const std::string text = std::move(with).finish();
    CHECK(text.find("\nferrotunnel_cluster_finder_in_order 0\n") != std::string::npos);
    CHECK(text.find("\nferrotunnel_cluster_finder_members 2\n") != std::string::npos);
}
