// Plugins built with this header on older hosts: tables that end before what the header knows, and tables that are not
// there.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/host.hpp"
#include "plugin/library.hpp"
#include "plugin/settings_view.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::PluginRig;
using hooks::Step;
namespace header = ferrotunnel::plugin::detail;  // what plugin.hpp makes of the tables

namespace {

/// A table of this host that ends after `size` bytes. What is behind is not a function, and crashes who calls it.
template <typename Table>
class Ending {
public:
    void set(const Table& whole, std::size_t size) {
        bytes_.fill(std::byte{0xA5});
        std::memcpy(bytes_.data(), &whole, std::max(size, sizeof(size)));
        std::memcpy(bytes_.data(), &size, sizeof(size));
    }
    const Table* get() const { return std::launder(reinterpret_cast<const Table*>(bytes_.data())); }

private:
    alignas(Table) std::array<std::byte, sizeof(Table)> bytes_{};
};

/// A host whose tables end where the test says.
struct OldHost {
    static inline Ending<ft_host> host;
    static inline Ending<ft_http> http;
    static inline Ending<ft_settings_api> settings;
    static inline Ending<ft_body_api> body;
    static inline Ending<ft_session> session;
    static inline std::string_view missing;  // a table that is not there at all

    OldHost() {
        missing = {};
        ft_host whole = plugin::host();
        whole.extension = extension;
        host.set(whole, sizeof(whole));
        http.set(http_table(), sizeof(ft_http));
        settings.set(settings_table(), sizeof(ft_settings_api));
        body.set(body_table(), sizeof(ft_body_api));
        session.set(session_table(), sizeof(ft_session));
    }
    static const void* extension(const char* id) {
        const std::string_view wanted = id;
        return wanted == missing         ? nullptr
               : wanted == FT_HTTP_1     ? static_cast<const void*>(http.get())
               : wanted == FT_SETTINGS_1 ? static_cast<const void*>(settings.get())
               : wanted == FT_BODY_1     ? static_cast<const void*>(body.get())
               : wanted == FT_SESSION_1  ? static_cast<const void*>(session.get())
                                         : nullptr;
    }
    static header::Tables tables() { return header::Tables(*host.get()); }
};

/// The header's tables are another host's for a while.
struct Instead {
    explicit Instead(const header::Tables& tables) : before(std::exchange(header::api, tables.api())) {}
    ~Instead() { header::api = before; }
    Instead(const Instead&) = delete;
    Instead& operator=(const Instead&) = delete;
    const header::Api before;
};

/// Does what hosts may not have.
class Wishes final : public Plugin {
public:
    static constexpr Description description{.name = "wishes", .version = "1"};
    static inline bool observes = false;
    static inline bool transforms = false;

    explicit Wishes(const Settings& settings) {
        settings.sets_note("a");
        settings.reads_note("b");
    }
    Decision on_request(Exchange& exchange) override {
        observes = exchange.observe(Side::request, [](Text) {});
        transforms = exchange.transform(Side::request, std::make_unique<Same>());
        if (exchange.path() == "/collect") {
            return exchange.collect(0, [](Exchange&, Text) { return Decision::go_on(); });
        }
        return Decision::go_on();
    }
    Decision on_connect(Visitor&) override { return Decision::go_on(); }

private:
    struct Same final : BodyFilter {
        void chunk(Text in, bool, Sink& out) override { out.write(in); }
    };
};

class Guard : public Plugin {
public:
    static constexpr Description description{.name = "guard", .version = "1", .guard = true};
};
class GuardOfVisits final : public Guard {
public:
    Decision on_connect(Visitor&) override { return Decision::go_on(); }
};
class GuardOfLogins final : public Guard {
public:
    Decision on_login(Login&) override { return Decision::go_on(); }
};
class GuardOfRequests final : public Guard {
public:
    Decision on_request(Exchange&) override { return Decision::go_on(); }
};

/// Calls `test` for each size that a table of the type may have: it ends behind its size, or a member.
template <typename Table, typename Test>
void each_size(Test test) {
    for (std::size_t size = sizeof(std::size_t); size <= sizeof(Table); size += sizeof(void*)) {
        INFO("a table of " << size << " of " << sizeof(Table) << " bytes");
        test(size);
    }
}

/// What of a copy is behind `size` bytes is null.
template <typename Table>
bool is_null_behind(const Table& copy, std::size_t size) {
    std::array<std::byte, sizeof(Table)> bytes{};
    std::memcpy(bytes.data(), &copy, sizeof(Table));
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(),
                       [](std::byte each) { return each == std::byte{0}; });
}

}  // namespace

TEST_CASE("abi: a host that lacks what every plugin needs is refused", "[plugin]") {
    {
        OldHost old;
        CHECK(OldHost::tables().suffice());
        for (const char* id : {FT_HTTP_1, FT_SETTINGS_1}) {
            OldHost::missing = id;
            CHECK_FALSE(OldHost::tables().suffice());
        }
    }
    each_size<ft_http>([](std::size_t size) {
        OldHost old;
        OldHost::http.set(http_table(), size);
        CHECK(OldHost::tables().suffice() == (size >= offsetof(ft_http, may_write) + sizeof(void*)));
        CHECK(is_null_behind(OldHost::tables().http, size));
    });
    each_size<ft_host>([](std::size_t size) {
        OldHost old;
        ft_host whole = plugin::host();
        whole.extension = OldHost::extension;
        OldHost::host.set(whole, size);
        CHECK(OldHost::tables().suffice() == (size >= offsetof(ft_host, now_ns) + sizeof(void*)));
    });
    each_size<ft_settings_api>([](std::size_t size) {
        OldHost old;
        OldHost::settings.set(settings_table(), size);
        CHECK(OldHost::tables().suffice() == (size >= offsetof(ft_settings_api, problem) + sizeof(void*)));
        CHECK(is_null_behind(OldHost::tables().settings, size));
    });
}

TEST_CASE("abi: settings of an older host: notes are not declared, identity fields are a problem", "[plugin]") {
    for (std::size_t size = offsetof(ft_settings_api, problem) + sizeof(void*); size <= sizeof(ft_settings_api);
         size += sizeof(void*)) {
        OldHost old;
        OldHost::settings.set(settings_table(), size);
        const header::Tables tables = OldHost::tables();
        REQUIRE(tables.suffice());
        const Instead instead(tables);
        const config::CheckedValue value;
        ft_settings seen{value};
        const Settings settings(&seen);
        settings.sets_note("a");
        settings.reads_note("b");
        settings.declare_identity("X-User");
        const bool knows_identity = size >= offsetof(ft_settings_api, declare_identity) + sizeof(void*);
        CHECK(seen.identity.size() == (knows_identity ? 1 : 0));
        CHECK(seen.findings.size() == (knows_identity ? 0 : 1));
    }
}

TEST_CASE("abi: a host without all of the bodies has none of them, and who needs them has failed", "[plugin]") {
    const auto runs_on = [](const header::Tables& tables, bool has_bodies) {
        PluginRig rig;
        rig.add<Wishes>({"", true, false});
        const Instead instead(tables);
        rig.begin();
        REQUIRE(rig.ask() == Step::go_on);
        CHECK(Wishes::observes == has_bodies);
        CHECK(Wishes::transforms == has_bodies);
        rig.end();
        rig.begin("GET /collect");
        CHECK(rig.ask() == (has_bodies ? Step::go_on : Step::answer));
        CHECK((rig.run->take_reply().page == http::PageState::plugin_failed) == !has_bodies);
        rig.end();
    };
    each_size<ft_body_api>([&](std::size_t size) {
        OldHost old;
        OldHost::body.set(body_table(), size);
        const header::Tables tables = OldHost::tables();
        REQUIRE(tables.suffice());
        runs_on(tables, size >= offsetof(ft_body_api, more) + sizeof(void*));
    });
    OldHost old;
    OldHost::missing = FT_BODY_1;
    runs_on(OldHost::tables(), false);
}

TEST_CASE("abi: a host without all of the sessions has none of them", "[plugin]") {
    each_size<ft_session>([](std::size_t size) {
        OldHost old;
        OldHost::session.set(session_table(), size);
        const header::Tables tables = OldHost::tables();
        CHECK(tables.suffice());
        CHECK((tables.api().session != nullptr) == (size >= offsetof(ft_session, drop) + sizeof(void*)));
    });
}

TEST_CASE("abi: a guard of visitors and clients is not a plugin for hosts that do not ask it", "[plugin]") {
    const auto needs = [](const ft_type& type) {
        return type.needs != nullptr ? std::string(type.needs[0]) : std::string();
    };
    CHECK(needs(TypeOf<GuardOfVisits>::table()) == FT_SESSION_1);
    CHECK(TypeOf<GuardOfVisits>::table().needs[1] == nullptr);
    CHECK(needs(TypeOf<GuardOfLogins>::table()) == FT_SESSION_1);
    CHECK(needs(TypeOf<GuardOfRequests>::table()).empty());
    CHECK(needs(TypeOf<Wishes>::table()).empty());
    // And a host that does not have what a type needs says so.
    static const char* const wanted[] = {"ferrotunnel.dreams/1", nullptr};
    ft_type type = TypeOf<GuardOfVisits>::table();
    Type read;
    CHECK(read_type(type, read).empty());
    type.needs = wanted;
    const std::vector<std::string> problems = read_type(type, read);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("ferrotunnel.dreams/1") != std::string::npos);
}
