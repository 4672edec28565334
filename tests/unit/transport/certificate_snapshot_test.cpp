// Certificates that the server has ordered, beside those of the operator.
#include <catch2/catch.hpp>

#include "transport/certificate_store.hpp"
#include "visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using namespace std::chrono_literals;

namespace {

struct OrderedRig {
    TemporaryDirectory own;
    TemporaryDirectory ordered;
    CertificateSources sources{.folders = {own.path()}, .ordered = ordered.path()};
    CertificateStore store{sources};

    std::string load_and_serve(std::string_view host) {
        (void)store.reload_if_changed(wall_now());
        return name_of(store.snapshot()->find(host));
    }
    std::string serve_nameless(std::string_view at) {
        (void)store.reload_if_changed(wall_now());
        return name_of(store.snapshot()->find_nameless(at));
    }
    bool covered(std::string_view name, std::chrono::seconds later = 0s) {
        return store.snapshot()->is_covered(name, wall_now() + later);
    }
    void put(const TemporaryDirectory& folder, const std::string& file, const Wish& wish) {
        const Made made = make(wish);
        put_file(folder.path() / (file + ".pem"), key_pem(made) + certificate_pem(made));
    }

private:
    static std::string name_of(const ServedCertificates* served) {
        std::string names;
        for (std::size_t i = 0; served != nullptr && i < served->size(); ++i) {
            names += (i == 0 ? "" : " ") + common_name_of((*served)[i]->certificate.get());
        }
        return names;
    }
};

constexpr long day = 24 * 3'600;

}  // namespace

TEST_CASE("an ordered certificate is used where the operator has none", "[acme]") {
    OrderedRig rig;
    rig.put(rig.own, "own", {.alternative_names = "DNS:a.example", .common_name = "own", .until_seconds = 30 * day});
    rig.put(rig.ordered, "a", {.alternative_names = "DNS:a.example", .common_name = "a", .until_seconds = 90 * day});
    rig.put(rig.ordered, "b", {.alternative_names = "DNS:b.example", .common_name = "b"});
    rig.put(rig.ordered, "_wildcard.c.example",
            {.alternative_names = "DNS:c.example,DNS:*.c.example", .common_name = "c"});
    CHECK(rig.load_and_serve("a.example") == "own");
    CHECK(rig.load_and_serve("b.example") == "b");
    CHECK(rig.load_and_serve("c.example") == "c");
    CHECK(rig.load_and_serve("x.c.example") == "c");
    CHECK(rig.load_and_serve("d.example") == "");
    put_file(rig.ordered.path() / "b.json", "{}");  // beside it, and not looked at
    CHECK_FALSE(rig.store.reload_if_changed(wall_now() + 1h));
    CHECK(rig.store.report().problems.empty());
}

TEST_CASE("an ordered certificate replaces one of the operator that is about to end", "[acme]") {
    OrderedRig rig;
    rig.put(rig.own, "long",
            {.alternative_names = "DNS:long.example", .common_name = "old", .until_seconds = day - 60});
    rig.put(rig.own, "rsa",
            {.alternative_names = "DNS:long.example", .common_name = "old rsa", .rsa_bits = 2048, .until_seconds = 60});
    // A short-lived certificate is about to end in the last tenth of its lifetime.
    rig.put(rig.own, "short", {.alternative_names = "DNS:short.example", .common_name = "s", .until_seconds = 3'600});
    rig.put(rig.own, "ended", {.alternative_names = "DNS:ended.example", .common_name = "e", .until_seconds = -60});
    CHECK(rig.load_and_serve("long.example") == "old old rsa");
    CHECK(rig.load_and_serve("ended.example") == "e");  // rather than none
    CHECK(rig.covered("long.example"));                 // a tenth of its day is less than a day
    CHECK_FALSE(rig.covered("long.example", std::chrono::seconds(day - 3'600)));
    CHECK(rig.covered("short.example"));
    CHECK_FALSE(rig.covered("ended.example"));
    rig.put(rig.ordered, "ended", {.alternative_names = "DNS:ended.example", .common_name = "new"});
    rig.put(rig.ordered, "short", {.alternative_names = "DNS:short.example", .common_name = "new"});
    CHECK(rig.load_and_serve("ended.example") == "new");
    CHECK(rig.load_and_serve("short.example") == "s");
    rig.put(rig.own, "ended", {.alternative_names = "DNS:ended.example", .common_name = "renewed"});
    CHECK(rig.load_and_serve("ended.example") == "renewed");
}

TEST_CASE("an ordered certificate of one host gives way to a wildcard, since it is not renewed any more", "[acme]") {
    OrderedRig rig;
    rig.put(rig.ordered, "x.c.example",
            {.alternative_names = "DNS:x.c.example", .common_name = "x", .until_seconds = 30 * day});
    rig.put(rig.ordered, "z.c.example",
            {.alternative_names = "DNS:z.c.example", .common_name = "z", .until_seconds = 95 * day});
    CHECK(rig.load_and_serve("x.c.example") == "x");
    rig.put(rig.ordered, "_wildcard.c.example",
            {.alternative_names = "DNS:*.c.example,DNS:c.example", .common_name = "c", .until_seconds = 90 * day});
    CHECK(rig.load_and_serve("x.c.example") == "c");
    CHECK(rig.load_and_serve("z.c.example") == "z");  // it ends later
    rig.put(rig.ordered, "x.d.example", {.alternative_names = "DNS:x.d.example", .common_name = "x"});
    rig.put(rig.own, "old", {.alternative_names = "DNS:*.d.example", .common_name = "old", .until_seconds = -60});
    CHECK(rig.load_and_serve("x.d.example") == "x");  // nobody renews the operator's
    rig.put(rig.own, "old", {.alternative_names = "DNS:*.d.example", .common_name = "d", .until_seconds = day});
    CHECK(rig.load_and_serve("x.d.example") == "d");
    CHECK(rig.load_and_serve("y.d.example") == "d");
}

TEST_CASE("a name is covered by the operator's certificates, and by no others", "[acme]") {
    OrderedRig rig;
    rig.put(rig.own, "own", {.alternative_names = "DNS:a.example,DNS:*.b.example", .until_seconds = 90 * day});
    rig.put(rig.ordered, "c", {.alternative_names = "DNS:c.example", .until_seconds = 90 * day});
    (void)rig.store.reload_if_changed(wall_now());
    CHECK(rig.covered("a.example"));
    CHECK(rig.covered("x.b.example"));
    CHECK(rig.covered("*.b.example"));
    CHECK_FALSE(rig.covered("b.example"));
    CHECK_FALSE(rig.covered("*.a.example"));
    CHECK_FALSE(rig.covered("y.x.b.example"));
    CHECK_FALSE(rig.covered("c.example"));
    CHECK_FALSE(rig.covered(""));
    CHECK(rig.covered("a.example", std::chrono::seconds(89 * day - 60)));
    CHECK_FALSE(rig.covered("a.example", std::chrono::seconds(89 * day + 60)));
}

TEST_CASE("an ordered certificate for an IP address is for visitors that send no name", "[acme]") {
    OrderedRig rig;
    CHECK(rig.serve_nameless("192.0.2.1") == "");
    rig.put(rig.ordered, "a", {.alternative_names = "IP:192.0.2.1", .common_name = "four"});
    rig.put(rig.ordered, "b", {.alternative_names = "IP:2001:db8::1", .common_name = "six", .until_seconds = 3'600});
    CHECK(rig.serve_nameless("192.0.2.1") == "four");
    CHECK(rig.serve_nameless("2001:db8::1") == "six");
    CHECK(rig.serve_nameless("10.0.0.1") == "four");  // behind NAT
    CHECK(rig.load_and_serve("a.example") == "");
    CHECK(rig.store.report().problems.empty());
    put_pair(rig.own.path(), "fallback", make({.alternative_names = "DNS:f.example", .common_name = "fallback"}));
    rig.sources.fallback = {rig.own.path() / "fallback.crt", rig.own.path() / "fallback.key"};
    rig.store.set_sources(rig.sources);
    CHECK(rig.serve_nameless("192.0.2.1") == "fallback");
}
