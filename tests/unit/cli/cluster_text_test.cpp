// What `ferrotunnel cluster status` and `status` say of what etcd keeps.
#include "cli/cluster_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel::cli;

namespace {

Json cluster_with(const Json& values) {
    Json answer{{"member", "a"},
                {"listen", "10.0.0.1:7838"},
                {"names", 3},
                {"decides", "etcd"},
                {"store", {{"in_order", true}, {"waiting", 0}}},
                {"members", Json::array()}};
    if (!values.is_null()) {
        answer["values"] = values;
    }
    return answer;
}

std::string second_line(const std::string& text) {
    const std::size_t first = text.find('\n') + 1;
    return text.substr(first, text.find('\n', first) - first);
}

constexpr const char* first_line = "member a at 10.0.0.1:7838, 3 names of its clients, names in etcd\n";
constexpr const char* status_line = "  cluster      member a, 0 of 0 others linked, names in etcd";

}  // namespace

TEST_CASE("cluster status has a line about shared values in etcd") {
    const Json answer = cluster_with({{"in_order", true}, {"stored", 12}, {"waiting", 3}, {"unreadable", 0}});
    CHECK(cluster_text(answer).starts_with(first_line));
    CHECK(second_line(cluster_text(answer)) == "shared values: 12 in etcd, 3 waiting");
    CHECK(cluster_lines(answer) == std::string(status_line) + '\n');
}

TEST_CASE("cluster status and status say why shared values are not in etcd") {
    const Json away = cluster_with(
        {{"in_order", false}, {"stored", 0}, {"waiting", 2}, {"unreadable", 0}, {"problem", "no endpoint\nanswers"}});
    const std::string problem = ", etcd does not keep what servers share: no endpoint\\x0aanswers";
    CHECK(second_line(cluster_text(away)) == "shared values: 0 in etcd, 2 waiting" + problem);
    CHECK(cluster_lines(away) == status_line + problem + '\n');
    CHECK(cluster_lines(cluster_with({{"in_order", false}})).ends_with("servers share: no reason known\n"));
}

TEST_CASE("cluster status and status count shared values in etcd that cannot be read") {
    Json values{{"in_order", true}, {"stored", 12}, {"waiting", 0}, {"unreadable", 1}};
    CHECK(cluster_lines(cluster_with(values)) ==
          std::string(status_line) +
              ", 1 shared value in etcd cannot be used: sealed by another cluster.key, altered, or ahead in time\n");
    values["unreadable"] = 5;
    CHECK(second_line(cluster_text(cluster_with(values))) ==
          "shared values: 12 in etcd, 0 waiting, 5 shared values in etcd cannot be used: sealed by another "
          "cluster.key, altered, or ahead in time");
}

TEST_CASE("cluster status has nothing about shared values without an etcd") {
    CHECK(cluster_text(cluster_with(nullptr)).find("shared") == std::string::npos);
    CHECK(cluster_lines(cluster_with(nullptr)) == std::string(status_line) + '\n');
}
