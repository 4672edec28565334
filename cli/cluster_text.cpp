#include "cluster_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "cluster_change_text.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

bool is_linked(const Json& member) {
    return member_of(member, "linked") == true;
}

std::string since_text(const Json& member) {
    using namespace std::chrono;
    if (!member_of(member, "since").is_number()) {
        return "-";
    }
    const auto now = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
    return duration_text(now - number_in(member, "since"));
}

std::string round_trip_text(const Json& member) {
    const std::int64_t time = number_in(member, "rtt_us");
    return time == 0 ? "-" : fmt::format("{:.1f} ms", static_cast<double>(time) / 1'000);
}

std::string problem_line(const Json& member) {
    const std::string problem = text_in(member, "problem");
    return fmt::format("{} at {} is not linked{}{}", text_in(member, "name"), text_in(member, "address"),
                       problem.empty() ? "" : ": ", problem);
}

std::string list_in(const Json& cluster, const char* key) {
    std::string list;
    for (const Json& one : member_of(cluster, key)) {
        if (one.is_string()) {
            list += (list.empty() ? "" : ", ") + printable(one.get_ref<const std::string&>());
        }
    }
    return list;
}

std::string problem_in(const Json& part) {
    const Json& problem = member_of(part, "problem");
    return printable(problem.is_string() ? problem.get<std::string>() : "no reason known");
}

// What etcd keeps of what servers share, as ", NOTE"...; empty without an etcd.
std::string values_notes(const Json& values) {
    std::string text;
    if (member_of(values, "in_order") == false) {
        text += ", etcd does not keep what servers share: " + problem_in(values);
    }
    if (const std::int64_t unreadable = number_in(values, "unreadable"); unreadable != 0) {
        text += fmt::format(
            ", {} shared value{} in etcd cannot be used: sealed by another cluster.key, altered, or ahead in time",
            unreadable, unreadable == 1 ? "" : "s");
    }
    return text;
}

// A line of `cluster status`; empty without an etcd.
std::string values_line(const Json& values) {
    if (!values.is_object()) {
        return {};
    }
    return fmt::format("shared values: {} in etcd, {} waiting{}\n", number_in(values, "stored"),
                       number_in(values, "waiting"), values_notes(values));
}

// What of this member is not as usual.
std::string notes_of(const Json& cluster) {
    std::string text;
    if (member_of(cluster, "recovering") == true) {
        text += ", starting: new names wait until all members have reported theirs, at most 30 s";
    }
    const Json& store = member_of(cluster, "store");
    if (member_of(store, "in_order") == true) {
        text += raw_text_in(cluster, "decides") == "both" ? ", names in etcd and at homes" : ", names in etcd";
    } else if (store.is_object()) {
        text += ", etcd cannot be asked, so new names are refused for now: " + problem_in(store);
    }
    const Json& finder = member_of(cluster, "finder");
    if (member_of(finder, "in_order") == false) {
        text += ", members cannot be followed in etcd, so only known ones are linked: " + problem_in(finder);
    }
    const std::string others = list_in(cluster, "partial_ports");
    const std::string own = list_in(cluster, "own_partial_ports");
    text += others.empty() ? "" : ", cannot open ports of other members: " + others;
    return text + (own.empty() ? "" : ", other members cannot open its clients' ports: " + own);
}

// "b", "b or c"
std::string either_of_members(const Json& members, std::string_view without) {
    std::string text;
    for (const Json& member : members) {
        if (member.is_string() && member.get_ref<const std::string&>() != without) {
            text += (text.empty() ? "" : " or ") + printable(member.get_ref<const std::string&>());
        }
    }
    return text;
}

}  // namespace

std::string cluster_text(const Json& answer) {
    std::string text = fmt::format("member {} at {}, {} names of its clients{}\n", text_in(answer, "member"),
                                   text_in(answer, "listen"), number_in(answer, "names"), notes_of(answer));
    std::vector<std::vector<std::string>> rows{
        {"MEMBER", "ADDRESS", "STATE", "SINCE", "CONNECTIONS", "STREAMS", "FORWARDED", "NAMES", "ROUND TRIP"}};
    std::string problems;
    for (const Json& member : member_of(answer, "members")) {
        rows.push_back({text_in(member, "name"), text_in(member, "address"),
                        is_linked(member) ? "linked" : "not linked", since_text(member),
                        std::to_string(number_in(member, "data_links")), std::to_string(number_in(member, "streams")),
                        std::to_string(number_in(member, "forwarded")), std::to_string(number_in(member, "names")),
                        round_trip_text(member)});
        problems += is_linked(member) ? "" : problem_line(member) + '\n';
    }
    return text + values_line(member_of(answer, "values")) + table(rows, 2) + problems + cluster_change_text(answer);
}

std::string cluster_lines(const Json& cluster) {
    if (!cluster.is_object()) {
        return {};
    }
    const Json& members = member_of(cluster, "members");
    const auto linked = std::count_if(members.begin(), members.end(), is_linked);
    std::string text =
        fmt::format("  cluster      member {}, {} of {} others linked{}{}\n", text_in(cluster, "member"), linked,
                    members.size(), notes_of(cluster), values_notes(member_of(cluster, "values")));
    for (const Json& member : members) {
        text += is_linked(member) ? "" : fmt::format("               {}\n", problem_line(member));
    }
    return text;
}

std::string cluster_names_text(Json names) {
    std::sort(names.begin(), names.end(), [](const Json& a, const Json& b) {
        return std::tuple(text_in(a, "kind"), text_in(a, "name"), text_in(a, "member")) <
               std::tuple(text_in(b, "kind"), text_in(b, "name"), text_in(b, "member"));
    });
    std::vector<std::vector<std::string>> rows{{"NAME", "KIND", "SERVER", "STATE"}};
    for (const Json& name : names) {
        rows.push_back({text_in(name, "name"), text_in(name, "kind"), text_in(name, "member"), text_in(name, "state")});
    }
    return rows.size() > 1 ? table(rows, 2) : "  no names\n";
}

std::string names_elsewhere_line(const Json& answer) {
    const std::int64_t names = number_in(answer, "elsewhere");
    return names == 0 ? ""
                      : fmt::format("  {} name{} at other servers of the cluster: --all lists them\n", names,
                                    names == 1 ? "" : "s");
}

std::string cluster_route_text(const Json& answer) {
    const Json& place = member_of(answer, "cluster");
    if (!place.is_object()) {
        return {};
    }
    const std::string home = text_in(place, "home");
    const std::string decides = home.empty() ? "" : fmt::format("; {} decides who has it", home);
    if (member_of(answer, "forwarded") == true) {
        const std::string members = either_of_members(member_of(place, "members"), {});
        return fmt::format("-> member {} of the cluster, since no client of this server has it{}\n",
                           members.empty() ? "?" : members, decides);
    }
    const std::string others = either_of_members(member_of(place, "members"), text_in(place, "member"));
    return fmt::format("   by a client of this member of the cluster{}{}\n",
                       others.empty() ? "" : "; also at " + others, decides);
}

}  // namespace ferrotunnel::cli
