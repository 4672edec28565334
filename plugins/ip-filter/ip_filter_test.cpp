// The plugin `ip-filter` on a real chain, and its lists.
#include "ip-filter/ip_filter.hpp"

#include <fstream>
#include <random>
#include <set>

#include "support/count_allocations.hpp"
#include "support/eventually.hpp"
#include "unit/plugin/chain_of_one.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using ferrotunnel::test::ChainOfOne;
using ferrotunnel::test::TestFolder;
using IpFilterFixture = ChainOfOne<IpFilter>;

TEST_CASE("ip-filter: deny goes before allow, and allow keeps all others out", "[ip-filter]") {
    IpFilterFixture rig("{allow: [192.0.2.0/24, '2001:db8::/32'], deny: [192.0.2.66]}");
    CHECK(rig.visit("192.0.2.7").refusal().empty());
    CHECK(rig.visit("192.0.2.66").refusal() == "403 ip_denied");
    CHECK(rig.visit("::ffff:192.0.2.66").refusal() == "403 ip_denied");
    CHECK(rig.visit("198.51.100.1").refusal() == "403 ip_denied");
    CHECK(rig.visit("2001:db8::1").refusal().empty());
    CHECK(rig.visit("2001:db9::1").refusal() == "403 ip_denied");
    CHECK(rig.visit("").refusal() == "403 ip_denied");
    CHECK(rig.visit("unknown").refusal() == "403 ip_denied");
}

TEST_CASE("ip-filter: with deny alone all others pass, by either family", "[ip-filter]") {
    IpFilterFixture rig("{deny: ['fe80::/10', 10.0.0.0/8]}");
    CHECK(rig.visit("fe80::1%eth0").refusal() == "403 ip_denied");
    CHECK(rig.visit("::ffff:10.1.2.3").refusal() == "403 ip_denied");
    CHECK(rig.visit("11.0.0.0").refusal().empty());
    CHECK(rig.visit("9.255.255.255").refusal().empty());
    CHECK(rig.visit("unknown").refusal() == "403 ip_denied");
    CHECK(IpFilterFixture("{deny: '::/0'}").visit("192.0.2.7").refusal().empty());
}

TEST_CASE("ip-filter: what a visitor says of itself does not count", "[ip-filter]") {
    IpFilterFixture rig("{allow: 192.0.2.7}");
    CHECK(
        rig.visit("198.51.100.1", "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\n")
            .refusal() == "403 ip_denied");
}

TEST_CASE("ip-filter: files have comments and blanks; a list in settings is added", "[ip-filter]") {
    const TestFolder folder;
    const std::string file =
        folder.write("deny", "# all of ours\n\n  10.0.0.0/8  # inside\r\n2001:db8::/32\n\n192.0.2.7");
    IpFilterFixture rig("{deny: 198.51.100.1, deny_file: " + file + "}");
    CHECK_FALSE(rig.object().admits("10.9.9.9"));
    CHECK_FALSE(rig.object().admits("2001:db8::1"));
    CHECK_FALSE(rig.object().admits("192.0.2.7"));
    CHECK_FALSE(rig.object().admits("198.51.100.1"));
    CHECK(rig.object().admits("192.0.2.8"));
}

TEST_CASE("ip-filter: an empty file of those who may come in lets nobody in", "[ip-filter]") {
    const TestFolder folder;
    IpFilterFixture rig("{allow_file: " + folder.write("allow", "# nobody yet\n") + "}");
    CHECK_FALSE(rig.object().admits("127.0.0.1"));
}

TEST_CASE("ip-filter: a changed file counts from the next look on, a bad one is told once and changes nothing",
          "[ip-filter]") {
    const TestFolder folder;
    const std::string file = folder.write("deny", "10.0.0.1\n");
    IpFilterFixture rig("{deny_file: " + file + ", reload: 0}");
    rig.object().refresh();
    CHECK(rig.log.count("reloaded") == 0);
    folder.write("deny", "10.0.0.2\n10.0.0.3\n");
    rig.object().refresh();
    CHECK(rig.object().admits("10.0.0.1"));
    CHECK_FALSE(rig.object().admits("10.0.0.2"));
    CHECK(rig.log.count("deny: reloaded, 1 ranges") == 1);  // the two are neighbours

    folder.write("deny", "10.0.0.1\n10.0.0.1/8\n");
    rig.object().refresh();
    rig.object().refresh();
    CHECK_FALSE(rig.object().admits("10.0.0.2"));
    CHECK(rig.log.count("deny:2: \"10.0.0.1/8\" has bits set after its prefix length; the earlier list stays in use") ==
          1);

    std::filesystem::remove(file);
    rig.object().refresh();
    rig.object().refresh();
    CHECK_FALSE(rig.object().admits("10.0.0.2"));
    CHECK(rig.log.count("cannot be read") == 1);

    folder.write("deny", "10.0.0.2\n10.0.0.3\n");  // as it was
    rig.object().refresh();
    CHECK_FALSE(rig.object().admits("10.0.0.2"));
    folder.write("deny", "10.0.0.4\n");
    rig.object().refresh();
    CHECK(rig.object().admits("10.0.0.2"));
    CHECK_FALSE(rig.object().admits("10.0.0.4"));
}

TEST_CASE("ip-filter: a file that is written over in place is seen, too", "[ip-filter]") {
    const TestFolder folder;
    const std::string file = folder.write("deny", "10.0.0.1\n");
    IpFilterFixture rig("{deny_file: " + file + ", reload: 0}");
    for (int i = 2; i < 10; ++i) {  // of the same size, within an instant of the file system's clock
        std::ofstream(file) << "10.0.0." << i << "\n";
        rig.object().refresh();
        CHECK_FALSE(rig.object().admits("10.0.0." + std::to_string(i)));
        CHECK(rig.object().admits("10.0.0." + std::to_string(i - 1)));
    }
}

TEST_CASE("ip-filter: its own thread looks at the file", "[ip-filter]") {
    const TestFolder folder;
    IpFilterFixture rig("{deny_file: " + folder.write("deny", "10.0.0.1\n") + ", reload: 10ms}");
    rig.object().start();
    folder.write("deny", "10.0.0.2\n");
    CHECK(test::eventually([&] { return !rig.object().admits("10.0.0.2"); }));
    CHECK(rig.object().admits("10.0.0.1"));
    rig.object().stop();
}

TEST_CASE("ip-filter: settings that cannot work are told", "[ip-filter]") {
    const TestFolder folder;
    CHECK(IpFilterFixture::wrong<IpFilter>("{}").find("neither an `allow` nor a `deny` list") != std::string::npos);
    CHECK(IpFilterFixture::wrong<IpFilter>("{allow: []}").find("allow") == 0);
    CHECK(IpFilterFixture::wrong<IpFilter>("{deny: 10.0.0.1/8}").find("deny") == 0);
    CHECK(IpFilterFixture::wrong<IpFilter>("{deny_file: " + folder.file("none") + "}")
              .find("deny_file: is not usable: ") == 0);
    const std::string bad = folder.write("bad", "10.0.0.1\n\nx\n");
    CHECK(IpFilterFixture::wrong<IpFilter>("{allow_file: " + bad + "}").find("bad:3: \"x\" is not an address") !=
          std::string::npos);
    CHECK(IpFilterFixture::wrong<IpFilter>("{allow_file: " + folder.file("") + "}").find("not a regular file") !=
          std::string::npos);
}

TEST_CASE("ip-filter: ranges are merged, and found as if each was looked at", "[ip-filter]") {
    std::minstd_rand random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<IpRange> ranges;
        std::set<std::uint32_t> all;
        for (int i = 0; i < 12; ++i) {
            const auto first = static_cast<std::uint32_t>(random() % 250);
            const auto last = static_cast<std::uint32_t>(first + random() % 6);
            ranges.push_back({Ipv4{first}, Ipv4{last}});
            ranges.push_back({Ipv6{1, ~std::uint64_t{0} - first}, Ipv6{2, last}});  // across the halves
            for (std::uint32_t each = first; each <= last; ++each) {
                all.insert(each);
            }
        }
        const AddressSet set(ranges);
        for (std::uint32_t each = 0; each < 260; ++each) {
            CHECK(set.contains(Ipv4{each}) == all.contains(each));
        }
    }
    const AddressSet edges({{Ipv4{0}, Ipv4{0}},
                            {Ipv4{0xffffffff}, Ipv4{0xffffffff}},
                            {Ipv6{0, ~0ull}, Ipv6{0, ~0ull}},
                            {Ipv6{1, 0}, Ipv6{1, 5}},
                            {Ipv6{~0ull, ~0ull}, Ipv6{~0ull, ~0ull}}});
    CHECK(edges.size() == 4);  // the two in the middle touch
    CHECK(edges.contains(Ipv4{0xffffffff}));
    CHECK_FALSE(edges.contains(Ipv4{1}));
    CHECK(edges.contains(Ipv6{1, 3}));
    CHECK(edges.contains(Ipv6{~0ull, ~0ull}));
    CHECK_FALSE(AddressSet({}).contains(Ipv4{0}));
}

TEST_CASE("ip-filter: a file may have 100,000 ranges, and no more", "[ip-filter]") {
    std::string text;
    for (std::uint32_t i = 0; i < ranges_max; ++i) {
        text += std::to_string(1 + i / 10'000) + "." + std::to_string(i / 100 % 100) + "." +
                std::to_string(i % 100 * 2) + ".0/24\n";
    }
    const TestFolder folder;
    IpFilterFixture rig("{deny_file: " + folder.write("deny", text) + ", reload: 0}");
    CHECK_FALSE(rig.object().admits("10.99.198.255"));
    CHECK(rig.object().admits("10.99.199.0"));
    const std::uint64_t before = test::allocations_so_far();
    for (int i = 0; i < 100; ++i) {
        (void)rig.object().admits("1.2.3.4");
        (void)rig.object().admits("2001:db8::1%eth0");
    }
    CHECK(test::allocations_so_far() == before);
    CHECK(IpFilterFixture::wrong<IpFilter>("{deny_file: " + folder.write("more", text + "192.0.2.1\n") + "}")
              .find("more:100001: there are more than 100000 ranges") != std::string::npos);
    CHECK(IpFilterFixture::wrong<IpFilter>(
              "{deny_file: " + folder.write("large", std::string(range_file_bytes_max + 1, '#')) + "}")
              .find("has more than 8000000 bytes") != std::string::npos);
}

TEST_CASE("ip-filter: visitors of TCP and TLS are let in by the same lists", "[ip-filter]") {
    ferrotunnel::test::VisitsOfOne<IpFilter> rig("{allow: 192.0.2.0/24, deny: 192.0.2.66}");
    CHECK(rig.refusal("192.0.2.7").empty());
    CHECK(rig.refusal("::ffff:192.0.2.7").empty());
    CHECK(rig.refusal("192.0.2.66") == "ip_denied");
    CHECK(rig.refusal("198.51.100.1") == "ip_denied");
    CHECK(rig.refusal("") == "ip_denied");
}

TEST_CASE("ip-filter: clients may say lists, and no files", "[ip-filter][clients]") {
    const auto types = plugin::read_library(&plugin::library<IpFilter>);
    REQUIRE(types);
    const config::Schema& schema = *types->front().schema;
    CHECK(schema.parse_for_client(R"({"allow":["10.0.0.0/8"],"deny":"10.0.0.1"})"));
    for (const char* const said : {R"({"allow_file":"/etc/passwd"})", R"({"deny_file":"x"})", R"({"reload":"1s"})"}) {
        CHECK_FALSE(schema.parse_for_client(said));
    }
}
