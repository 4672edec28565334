#include "api/cluster_report.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "admin/statistic.hpp"
#include "admin/stats_json.hpp"

namespace ferrotunnel::detail {

using admin::gauge;
using admin::Json;
using metrics::Exposition;

namespace {

struct MemberNumbers {
    bool linked = false;
    std::uint64_t data_links = 0;
    std::uint64_t streams = 0;
    std::uint64_t forwarded = 0;
    std::uint64_t names = 0;
    std::chrono::microseconds round_trip{};
};

constexpr admin::Statistic<MemberNumbers> cluster_member_rows[]{
    {&MemberNumbers::linked, "linked",
     gauge("ferrotunnel_cluster_linked", "1 if another member of the cluster is linked, otherwise 0.")},
    {&MemberNumbers::data_links, "data_links",
     gauge("ferrotunnel_cluster_data_links", "Open connections that carry visitors to and from another member.")},
    {&MemberNumbers::streams, "streams",
     gauge("ferrotunnel_cluster_streams", "Visitors that are being forwarded to or from another member.")},
    {&MemberNumbers::forwarded, "forwarded",
     admin::counter("ferrotunnel_cluster_forwarded", "Visitors forwarded to another member.")},
    {&MemberNumbers::names, "names",
     gauge("ferrotunnel_cluster_member_names",
           "Hosts, public ports and private services that clients of another member have.")},
    {&MemberNumbers::round_trip, "rtt_us",
     gauge("ferrotunnel_cluster_round_trip_seconds", "Shortest round trip to another member; 0 if not known.")},
};

struct StoreNumbers {
    bool in_order = false;
    std::uint64_t waiting = 0;
};

constexpr admin::Statistic<StoreNumbers> cluster_store_rows[]{
    {&StoreNumbers::in_order, "in_order",
     gauge("ferrotunnel_cluster_store_in_order",
           "1 if etcd can be asked about new names, 0 if only known names are served; absent without etcd.")},
    {&StoreNumbers::waiting, "waiting",
     gauge("ferrotunnel_cluster_store_waiting", "Claims and releases of names that wait for etcd.")},
};

struct ValueNumbers {
    bool in_order = false;
    std::uint64_t stored = 0;
    std::uint64_t waiting = 0;
    std::uint64_t unreadable = 0;
};

constexpr admin::Statistic<ValueNumbers> cluster_value_rows[]{
    {&ValueNumbers::in_order, "in_order",
     gauge("ferrotunnel_cluster_values_in_order",
           "1 if etcd keeps what members share and its changes are followed, otherwise 0; absent without etcd.")},
    {&ValueNumbers::stored, "stored",
     gauge("ferrotunnel_cluster_values_stored",
           "Shared values in etcd, with removed ones that are still kept (at most 65,536).")},
    {&ValueNumbers::waiting, "waiting",
     gauge("ferrotunnel_cluster_values_waiting", "Shared values whose last change is not in etcd yet.")},
    {&ValueNumbers::unreadable, "unreadable",
     gauge("ferrotunnel_cluster_values_unreadable",
           "Shared values in etcd that this member cannot read or does not accept.")},
};

struct FinderNumbers {
    bool in_order = false;
    std::uint64_t found = 0;
};

constexpr admin::Statistic<FinderNumbers> cluster_finder_rows[]{
    {&FinderNumbers::in_order, "in_order",
     gauge("ferrotunnel_cluster_finder_in_order",
           "1 if members of the cluster are found in etcd, 0 if only known ones are linked; absent without etcd.")},
    {&FinderNumbers::found, "found",
     gauge("ferrotunnel_cluster_finder_members", "Other members of the cluster in etcd.")},
};

struct OwnNumbers {
    std::uint64_t names = 0;
    std::uint64_t waiting = 0;
    std::uint64_t memory = 0;
    std::uint64_t partial_ports = 0;
};

constexpr admin::Statistic<OwnNumbers> cluster_own_rows[]{
    {&OwnNumbers::names, "names",
     gauge("ferrotunnel_cluster_names", "Hosts, public ports and private services that clients of this member have.")},
    {&OwnNumbers::waiting, "waiting",
     gauge("ferrotunnel_cluster_waiting",
           "Claims, requests and messages about names that wait for another member's answer or link.")},
    {&OwnNumbers::memory, "memory",
     gauge("ferrotunnel_cluster_table_bytes", "Memory of the table of all names of the cluster.")},
    {&OwnNumbers::partial_ports, "",
     gauge("ferrotunnel_cluster_partial_ports", "Public ports of other members that cannot be opened here.")},
};

const char* text_of(cluster::Decides decides) {
    switch (decides) {
        case cluster::Decides::homes:
            return "servers";
        case cluster::Decides::both:
            return "both";
        case cluster::Decides::store:
            break;
    }
    return "etcd";
}

MemberNumbers numbers_of_member(const peers::ClusterState::Member& member) {
    return {member.linked,    member.data_links, member.streams,
            member.forwarded, member.names,      std::chrono::ceil<std::chrono::microseconds>(member.round_trip)};
}

OwnNumbers own_numbers(const peers::ClusterState& state) {
    return {state.own_names, state.waiting, state.memory, state.partial_ports.size()};
}

StoreNumbers numbers_of_store(const peers::StoreState& store) {
    return {store.problem.empty(), store.waiting};
}

ValueNumbers numbers_of_values(const peers::ValueState& values) {
    return {values.problem.empty(), values.counts.stored, values.counts.waiting, values.counts.unreadable};
}

FinderNumbers numbers_of_finder(const peers::FinderState& finder) {
    return {finder.problem.empty(), finder.found};
}

std::int64_t wall_time(TimePoint then, TimePoint now) {
    return admin::seconds_of(
        std::chrono::system_clock::now() -
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::max(now - then, Duration{})));
}

Json json_of_store(const peers::StoreState& store, TimePoint now) {
    Json json{{"kind", "etcd"}};
    admin::put_numbers(json, numbers_of_store(store), cluster_store_rows);
    if (store.since != TimePoint{}) {
        json["since"] = wall_time(store.since, now);
    }
    if (!store.problem.empty()) {
        json["problem"] = store.problem;
    }
    return json;
}

Json json_of_values(const peers::ValueState& values, TimePoint now) {
    Json json = Json::object();
    admin::put_numbers(json, numbers_of_values(values), cluster_value_rows);
    if (values.since != TimePoint{}) {
        json["since"] = wall_time(values.since, now);
    }
    if (!values.problem.empty()) {
        json["problem"] = values.problem;
    }
    return json;
}

Json json_of_finder(const peers::FinderState& finder) {
    Json json{{"address", finder.address}};
    admin::put_numbers(json, numbers_of_finder(finder), cluster_finder_rows);
    if (!finder.problem.empty()) {
        json["problem"] = finder.problem;
    }
    return json;
}

Json json_of_member(const peers::ClusterState::Member& member, TimePoint now) {
    Json json{{"name", member.name}, {"address", member.address}};
    admin::put_numbers(json, numbers_of_member(member), cluster_member_rows);
    if (member.since != TimePoint{}) {
        json["since"] = wall_time(member.since, now);
    }
    if (member.decides) {
        json["decides"] = text_of(*member.decides);
    }
    if (!member.agent.empty()) {
        json["agent"] = member.agent;
    }
    if (!member.linked && !member.problem.empty()) {
        json["problem"] = member.problem;
    }
    return json;
}

}  // namespace

Json json_of_cluster(const peers::ClusterState& state, const std::string& listen, TimePoint now) {
    Json json{{"member", state.own},
              {"listen", listen},
              {"decides", text_of(state.decides)},
              {"recovering", state.recovering}};
    admin::put_numbers(json, own_numbers(state), cluster_own_rows);
    if (state.store) {
        json["store"] = json_of_store(*state.store, now);
    }
    if (state.values) {
        json["values"] = json_of_values(*state.values, now);
    }
    if (state.finder) {
        json["finder"] = json_of_finder(*state.finder);
    }
    json["partial_ports"] = state.partial_ports;
    json["own_partial_ports"] = state.own_partial_ports;
    json["members"] = Json::array();
    for (const peers::ClusterState::Member& member : state.members) {
        json["members"].push_back(json_of_member(member, now));
    }
    return json;
}

Json json_of_names(const peers::NamePage& page) {
    Json json{{"names", Json::array()}};
    for (const peers::NameRow& row : page.rows) {
        json["names"].push_back(Json{{"name", row.name},
                                     {"kind", row.kind},
                                     {"member", row.member},
                                     {"state", row.routes ? row.readiness : "away"}});
    }
    if (page.next != 0) {
        json["next"] = page.next;
    }
    return json;
}

std::uint64_t names_elsewhere(const peers::ClusterState& state) {
    std::uint64_t names = 0;
    for (const peers::ClusterState::Member& member : state.members) {
        names += member.names;
    }
    return names;
}

void put_cluster(Exposition& to, const peers::ClusterState* state) {
    std::deque<MemberNumbers> numbers;
    admin::Labelled<MemberNumbers> members;
    OwnNumbers own;
    admin::Labelled<OwnNumbers> all;
    StoreNumbers store;
    admin::Labelled<StoreNumbers> stores;
    ValueNumbers values;
    admin::Labelled<ValueNumbers> all_values;
    FinderNumbers finder;
    admin::Labelled<FinderNumbers> finders;
    if (state != nullptr) {
        for (const peers::ClusterState::Member& member : state->members) {
            numbers.push_back(numbers_of_member(member));
            members.emplace_back(Exposition::text_of({{"member", member.name}}), &numbers.back());
        }
        own = own_numbers(*state);
        all.emplace_back(std::string(), &own);
        if (state->store) {
            store = numbers_of_store(*state->store);
            stores.emplace_back(std::string(), &store);
        }
        if (state->values) {
            values = numbers_of_values(*state->values);
            all_values.emplace_back(std::string(), &values);
        }
        if (state->finder) {
            finder = numbers_of_finder(*state->finder);
            finders.emplace_back(std::string(), &finder);
        }
    }
    admin::MetricFamilies families;
    families.add_each<MemberNumbers>(members, cluster_member_rows);
    families.add_each<OwnNumbers>(all, cluster_own_rows);
    families.add_each<StoreNumbers>(stores, cluster_store_rows);
    families.add_each<ValueNumbers>(all_values, cluster_value_rows);
    families.add_each<FinderNumbers>(finders, cluster_finder_rows);
    families.write_to(to);
}

Json json_of_place(const peers::NamePlace& place, const std::string& own) {
    Json json{{"member", own}, {"home", place.home.empty() ? "etcd" : place.home}, {"members", place.members}};
    if (place.provisional) {
        json["provisional"] = true;
    }
    return json;
}

}  // namespace ferrotunnel::detail
