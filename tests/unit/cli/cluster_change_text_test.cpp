// Which step of a change between a list and etcd can follow, as `ferrotunnel cluster status` says.
#include "cli/cluster_change_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel::cli;

namespace {

Json member(const char* name, const char* decides) {
    return {{"name", name}, {"decides", decides}};
}

Json status(const Json& one, const Json& other) {
    return {{"decides", "both"},
            {"waiting", 0},
            {"store", {{"in_order", true}, {"waiting", 0}}},
            {"members", Json::array({one, other})}};
}

}  // namespace

TEST_CASE("the steps of a change between a list and etcd follow when no server would be apart") {
    CHECK(cluster_change_text(status(member("b", "both"), member("c", "both"))) ==
          "etcd_homes can be removed now, on one server after the other\n"
          "etcd can be removed now, on one server after the other\n");
    CHECK(cluster_change_text(status(member("b", "servers"), member("c", "servers"))) ==
          "etcd_homes can be removed later: b, c without etcd\n"
          "etcd can be removed now, on one server after the other\n");
    CHECK(cluster_change_text(status(member("b", "both"), member("c", "etcd"))) ==
          "etcd_homes can be removed now, on one server after the other\n"
          "etcd can be removed later: c without etcd_homes\n");
    CHECK(cluster_change_text(status(member("b", "both"), {{"name", "c"}})) ==
          "etcd_homes can be removed later: c not linked\n"
          "etcd can be removed later: c not linked\n");
}

TEST_CASE("homes are needed until etcd has all names") {
    Json answer = status(member("b", "both"), member("c", "both"));
    answer["waiting"] = 3;
    CHECK(cluster_change_text(answer).starts_with("etcd_homes can be removed later: names wait to be confirmed\n"));
    answer["waiting"] = 0;
    answer["store"]["waiting"] = 1;
    CHECK(cluster_change_text(answer).starts_with("etcd_homes can be removed later: names wait to be confirmed\n"));
    answer["store"]["in_order"] = false;
    CHECK(cluster_change_text(answer).starts_with("etcd_homes can be removed later: etcd cannot be asked\n"));
}

TEST_CASE("a server that does not change its store shows nothing of that") {
    for (const char* decides : {"servers", "etcd"}) {
        Json answer = status(member("b", decides), member("c", decides));
        answer["decides"] = decides;
        CHECK(cluster_change_text(answer).empty());
    }
    CHECK(cluster_change_text(Json::object()).empty());
}
