// Settings of a member of a cluster: what a file says, what is checked, and its defaults.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/detail/cluster_key_file.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/cluster.hpp"
#include "settings/cluster_etcd.hpp"
#include "settings/file.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/rows.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

namespace fs = std::filesystem;

// A file with a new key.
class ClusterFile {
public:
    ClusterFile() {
        std::string pattern = (fs::temp_directory_path() / "cluster-settings-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        std::ofstream(path()) << new_cluster_key_file().text.reveal();
        fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_write);
    }
    ~ClusterFile() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    std::string path() const { return folder_ / "cluster.key"; }

private:
    fs::path folder_;
};

std::string cluster_lines(const std::vector<Problem>& problems) {
    std::string lines;
    for (const Problem& problem : problems) {
        lines += (lines.empty() ? "" : "\n") + problem.key + ": " + problem.text;
    }
    return lines;
}

ConfigFile cluster_section(const std::string& keys) {
    return read_config(
        {"server:\n  cluster: {" + keys + "}\n", "/etc/f.yml", false, [](const std::string&) { return std::nullopt; }});
}

template <typename Change>
std::string cluster_fault(Change change) {
    const ClusterFile file;
    ServerSettings settings;
    settings.has_cluster = true;
    settings.cluster = {"a", "127.0.0.1", file.path(), {{"b", "b.example.com"}, {"c", "c.example.com:1"}}};
    change(settings.cluster);
    std::vector<Problem> problems;
    check_cluster(settings, problems);
    std::string lines = cluster_lines(problems);
    if (const std::size_t at = lines.find(file.path()); at != std::string::npos) {
        lines.replace(at, file.path().size(), "FILE");
    }
    return lines;
}

std::string fault_of_peers(const std::vector<ClusterPeer>& peers) {
    return cluster_fault([&](Cluster& cluster) { cluster.peers = peers; });
}

constexpr const char* name_fault =
    " is not a valid name of a member; expected 1 to 63 lower-case letters, digits, \"-\" and \"_\", like fra-1";

}  // namespace

TEST_CASE("cluster: a section makes a member, also an empty one", "[cluster-settings]") {
    CHECK_FALSE(ServerValues().has_cluster);
    CHECK(ServerValues().cluster == Cluster());
    CHECK(Cluster().listen == "0.0.0.0:7838");
    CHECK(cluster_section("").values.server->settings.has_cluster);
    CHECK(cluster_lines(cluster_section("colour: red").problems).find("server.cluster.colour: no such key") == 0);
}

TEST_CASE("cluster: a file sets all of it", "[cluster-settings]") {
    const ConfigFile file = cluster_section(
        "name: a, listen: '10.0.0.1:1', key: cluster.key, peers: {b: b.example.com, c: '[::1]:7'}, "
        "public: a.example.com");
    CHECK(cluster_lines(file.problems).empty());
    const ServerValues& settings = file.values.server->settings;
    CHECK(settings.cluster ==
          Cluster{"a", "10.0.0.1:1", "/etc/cluster.key", {{"b", "b.example.com"}, {"c", "[::1]:7"}}, "a.example.com"});
    // A change of the key is noticed like one of a token's file.
    CHECK(std::find(file.files.begin(), file.files.end(), "/etc/cluster.key") != file.files.end());
}

TEST_CASE("cluster: the members are a map", "[cluster-settings]") {
    CHECK_THAT(cluster_lines(cluster_section("peers: [b.example.com]").problems),
               Catch::Matchers::StartsWith("server.cluster.peers: expected the other members with their addresses"));
    CHECK_THAT(cluster_lines(cluster_section("peers: {b: [x]}").problems),
               Catch::Matchers::StartsWith("server.cluster.peers.b: "));
    CHECK_THAT(cluster_lines(cluster_section("peers: {b: x, b: y}").problems), Catch::Matchers::Contains("b"));
}

TEST_CASE("cluster: valid settings get ports and the form of addresses", "[cluster-settings]") {
    CHECK(cluster_fault([](Cluster&) {}).empty());
    const ClusterFile file;
    ServerSettings settings;
    settings.has_cluster = true;
    settings.cluster = {"a", "localhost", file.path(), {{"b", "b.example.com"}, {"c", "[::1]"}}};
    std::vector<Problem> problems;
    check_cluster(settings, problems);
    CHECK(problems.empty());
    CHECK(settings.cluster.listen == "127.0.0.1:7838");
    CHECK(settings.cluster.peers == std::vector<ClusterPeer>{{"b", "b.example.com:7838"}, {"c", "[::1]:7838"}});
}

TEST_CASE("cluster: an address for clients can be connected to", "[cluster-settings]") {
    const auto fault_of_public = [](const std::string& address) {
        return cluster_fault([&](Cluster& cluster) { cluster.public_address = address; });
    };
    for (const char* address : {"", "a.example.com", "[2001:db8::1]:1", "192.0.2.1"}) {
        INFO(address);
        CHECK(fault_of_public(address).empty());
    }
    for (const char* address : {"0.0.0.0", "[::]:7835", "a.example.com:0", ":7835", "a:b:c"}) {
        INFO(address);
        CHECK(fault_of_public(address) == "cluster.public: \"" + std::string(address) +
                                              "\" is not a valid address for clients to connect to; expected one like "
                                              "a.example.com:7835");
    }
}

TEST_CASE("cluster: how etcd is reached", "[cluster-settings]") {
    const auto fault_of_etcd = [](const auto& change) {
        return cluster_fault([&](Cluster& cluster) {
            cluster.etcd = {"http://127.0.0.1:2379", "https://[::1]:2379"};
            change(cluster);
        });
    };
    CHECK(fault_of_etcd([](Cluster&) {}).empty());
    CHECK_THAT(fault_of_etcd([](Cluster& cluster) { cluster.etcd = {"127.0.0.1:2379"}; }),
               Catch::Matchers::StartsWith("cluster.etcd: the endpoint \"127.0.0.1:2379\""));
    CHECK_THAT(fault_of_etcd([](Cluster& cluster) { cluster.etcd.resize(17, "http://127.0.0.1:1"); }),
               Catch::Matchers::Contains("1 to 16 endpoints"));
    for (const char* prefix : {"", "a b", "a\n", "\xff"}) {
        CHECK_THAT(fault_of_etcd([&](Cluster& cluster) { cluster.etcd_prefix = prefix; }),
                   Catch::Matchers::StartsWith("cluster.etcd_prefix: "));
    }
    CHECK(fault_of_etcd([](Cluster& cluster) { cluster.etcd_prefix = std::string(64, 'a'); }).empty());
    CHECK_FALSE(fault_of_etcd([](Cluster& cluster) { cluster.etcd_prefix = std::string(65, 'a'); }).empty());
    CHECK(fault_of_etcd([](Cluster& cluster) { cluster.etcd_homes = true; }).empty());
    CHECK_THAT(fault_of_etcd([](Cluster& cluster) {
                   cluster.etcd_homes = true;
                   cluster.peers.clear();
               }),
               Catch::Matchers::StartsWith("cluster.peers: is missing"));
    CHECK(cluster_fault([](Cluster& cluster) { cluster.etcd_homes = true; }) ==
          "cluster.etcd_homes: has no meaning without `cluster.etcd`");
    CHECK(fault_of_etcd([](Cluster& cluster) { cluster.etcd_user = "u"; }) == "cluster.etcd_password_file: is missing");
    CHECK(fault_of_etcd([](Cluster& cluster) { cluster.etcd_chain = "/c"; }) == "cluster.etcd_key: is missing");
    CHECK_THAT(fault_of_etcd([](Cluster& cluster) {
                   cluster.etcd_user = "u";
                   cluster.etcd_password_file = "/nowhere/password";
               }),
               Catch::Matchers::Contains("/nowhere/password"));
    CHECK_THAT(fault_of_etcd([](Cluster& cluster) { cluster.etcd_ca_file = "/nowhere/ca.pem"; }),
               Catch::Matchers::StartsWith("cluster.etcd: "));
    const ClusterFile file;
    Cluster cluster;
    cluster.name = "a";
    cluster.etcd = {"http://127.0.0.1:2379"};
    cluster.etcd_user = "u";
    std::ofstream(file.path()) << "a password\n";
    cluster.etcd_password_file = file.path();
    const auto access = store_access(cluster);
    REQUIRE(access);
    CHECK(access->settings.member == "a");
    CHECK(access->settings.prefix == "ferrotunnel/");
    CHECK(access->settings.client.password == "a password");
    CHECK(access->to.size() == 1);
}

TEST_CASE("cluster: with etcd no list is needed, but an address", "[cluster-settings]") {
    const auto fault_without_list = [](const std::string& listen, const std::string& address) {
        return cluster_fault([&](Cluster& cluster) {
            cluster.peers.clear();
            cluster.etcd = {"http://127.0.0.1:2379"};
            cluster.listen = listen;
            cluster.address = address;
        });
    };
    CHECK(fault_without_list("10.0.0.1", "").empty());
    CHECK(fault_without_list("0.0.0.0", "a.example.com").empty());
    CHECK(fault_without_list("10.0.0.1:0", "[fd00::1]:1").empty());
    for (const char* listen : {"0.0.0.0", "[::]:7838", "10.0.0.1:0"}) {
        CHECK(
            fault_without_list(listen, "") ==
            "cluster.address: is missing; expected where other members connect to this one, like 10.0.0.1:7838, since "
            "cluster.listen does not have one address with a port");
    }
    for (const char* address : {"0.0.0.0", "[::]:7838", "a.example.com:0", ":7838", "a:b:c"}) {
        CHECK(fault_without_list("10.0.0.1", address) ==
              "cluster.address: \"" + std::string(address) +
                  "\" is not a valid address for other members to connect to; expected one like 10.0.0.1:7838");
    }
    Cluster cluster;
    CHECK_FALSE(announced_address(cluster));
    cluster.listen = "10.0.0.1:1";
    CHECK(announced_address(cluster) == net::HostPort{"10.0.0.1", 1});
    cluster.address = "a.example.com:2";
    CHECK(announced_address(cluster) == net::HostPort{"a.example.com", 2});
}

TEST_CASE("cluster: what is missing", "[cluster-settings]") {
    CHECK(cluster_fault([](Cluster& cluster) { cluster.name.clear(); }) ==
          "cluster.name: is missing; expected the name of this server in the cluster, like a");
    CHECK(cluster_fault([](Cluster& cluster) { cluster.key.clear(); }) ==
          "cluster.key: is missing; expected the file that `ferrotunnel cluster key FILE` has made");
    CHECK(fault_of_peers({}) ==
          "cluster.peers: is missing; expected the other members with their addresses, like {b: b.example.com:7838}");
}

TEST_CASE("cluster: names of members", "[cluster-settings]") {
    for (const char* name : {"A", "a.b", "-a", "a-", "a b"}) {
        INFO(name);
        CHECK(cluster_fault([&](Cluster& cluster) { cluster.name = name; }) ==
              "cluster.name: \"" + std::string(name) + '"' + name_fault);
        CHECK(fault_of_peers({{name, "b.example.com"}}) ==
              "cluster.peers." + std::string(name) + ": \"" + name + '"' + name_fault);
    }
    const std::string longest(63, 'a');
    CHECK(fault_of_peers({{longest, "b.example.com"}}).empty());
    CHECK_FALSE(fault_of_peers({{longest + 'a', "b.example.com"}}).empty());
    CHECK(fault_of_peers({{"b", "b.example.com"}, {"a", "a.example.com"}}) ==
          "cluster.peers.a: \"a\" is the name of this server; expected the other members only");
    CHECK(fault_of_peers({{"b", "b.example.com"}, {"b", "c.example.com"}}) ==
          "cluster.peers: has two members called \"b\"");
}

TEST_CASE("cluster: at most 16 members", "[cluster-settings]") {
    std::vector<ClusterPeer> peers;
    for (std::size_t i = 0; i < cluster_peers_max; ++i) {
        peers.push_back({"p" + std::to_string(i), "p" + std::to_string(i) + ".example.com"});
    }
    CHECK(fault_of_peers(peers).empty());
    peers.push_back({"b", "b.example.com"});
    CHECK(fault_of_peers(peers) == "cluster.peers: has 16 members; expected 1 to 15 others than this one");
}

TEST_CASE("cluster: addresses", "[cluster-settings]") {
    const std::string expected = "\" is not a valid address of a member; expected one like b.example.com:7838";
    for (const char* address : {"", ":7838", "b.example.com:0", "b:c:d", "b.example.com:99999"}) {
        INFO(address);
        CHECK(fault_of_peers({{"b", address}}) == "cluster.peers.b: \"" + std::string(address) + expected);
    }
    CHECK(fault_of_peers({{"b", "x.example.com"}, {"c", "X.example.com:7838"}}) ==
          "cluster.peers.c: \"X.example.com:7838\" is the address of \"b\" already; expected a different one for each "
          "member");
    CHECK(fault_of_peers({{"b", "x.example.com"}, {"c", "x.example.com:7837"}}).empty());
    CHECK(cluster_fault([](Cluster& cluster) { cluster.listen = "b.example.com:1"; }) ==
          "cluster.listen: \"b.example.com:1\" is not a valid address to listen on; expected one like 10.0.0.1:7838");
}

TEST_CASE("cluster: its port is nobody else's", "[cluster-settings]") {
    ServerSettings settings;
    settings.cluster.listen = "0.0.0.0:7835";
    std::vector<Problem> problems;
    check_listen_addresses(settings, problems);
    CHECK(problems.empty());  // not opened
    settings.has_cluster = true;
    check_listen_addresses(settings, problems);
    CHECK(cluster_lines(problems) ==
          "cluster.listen: \"0.0.0.0:7835\" cannot be used together with `bind`, which is \"0.0.0.0:7835\"");
}

TEST_CASE("cluster: a key file that can be used, and only by its owner", "[cluster-settings]") {
    const ClusterFile file;
    const auto fault = [&] { return cluster_fault([&](Cluster& cluster) { cluster.key = file.path(); }); };
    CHECK(fault().empty());
    fs::permissions(file.path(), fs::perms::group_read, fs::perm_options::add);
    CHECK_THAT(fault(), Catch::Matchers::StartsWith("cluster.key: ") && Catch::Matchers::Contains("other users"));
    std::ofstream(file.path()) << "secret text\n";
    fs::permissions(file.path(), fs::perms::owner_read);
    CHECK_THAT(fault(), Catch::Matchers::StartsWith("cluster.key: ") && !Catch::Matchers::Contains("secret text"));
    fs::remove(file.path());
    CHECK_THAT(fault(), Catch::Matchers::Contains("No such file"));
}

TEST_CASE("cluster: without the section its settings mean nothing", "[cluster-settings]") {
    ServerSettings settings;
    settings.cluster.name = "a";
    settings.cluster.peers = {{"b", "b.example.com"}};
    std::vector<Problem> problems;
    check_cluster(settings, problems);
    CHECK(cluster_lines(problems) ==
          "cluster.name: has no meaning without cluster\ncluster.peers: has no meaning without cluster");
}

TEST_CASE("cluster: only the key changes live", "[cluster-settings]") {
    ServerValues before;
    before.has_cluster = true;
    ServerValues now = before;
    now.cluster = {"a", "127.0.0.1:1", "/k", {{"b", "b.example.com"}}};
    CHECK(changes_between("server", before, now) == std::vector<SettingChange>{{"server.cluster.name", false},
                                                                               {"server.cluster.listen", false},
                                                                               {"server.cluster.key", true},
                                                                               {"server.cluster.peers", false}});
    CHECK(changes_between("server", ServerValues(), before) == std::vector<SettingChange>{{"server.cluster", false}});
}

}  // namespace ferrotunnel::detail
