// Where and when the instances of a chain run for an exchange: scopes, conditions, targets that are changed, and fields
// that no visitor may send.
#include <string>
#include <vector>

#include "http/chunked.hpp"
#include "plugin/condition.hpp"
#include "plugin/limits.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::PluginRig;
using hooks::Step;

namespace {

std::vector<std::string> seen;  // what has been called, in the test that runs

/// Writes down its name, and does what the test says.
template <int number>
class Sees final : public Plugin {
public:
    static constexpr Description description{.name = "sees", .version = "1", .guard = true};
    static inline std::function<Decision(Exchange&)> request;

    Decision on_request(Exchange& exchange) override {
        seen.push_back("request " + std::to_string(number));
        return request ? request(exchange) : Decision::go_on();
    }
    Decision on_response(Exchange&) override {
        seen.push_back("response " + std::to_string(number));
        return Decision::go_on();
    }
    void on_close(Exchange&, const Outcome&) override { seen.push_back("close " + std::to_string(number)); }
};

/// Only looks at answers.
class SeesAnswers final : public Plugin {
public:
    static constexpr Description description{.name = "answers", .version = "1"};
    Decision on_response(Exchange&) override {
        seen.push_back("answer");
        return Decision::go_on();
    }
};

/// Writes who the visitor is, or fails to.
class Identifies final : public Plugin {
public:
    static constexpr Description description{
        .name = "identifies", .version = "1", .schema = R"({"type": "object", "properties": {
            "fields": {"type": "array", "items": {"type": "string"}, "default": ["X-User"]},
            "fails": {"type": "boolean", "default": false}}})"};

    explicit Identifies(const Settings& settings) : fails_(settings.boolean("fails").value()) {
        for (std::size_t i = 0; i < settings.count("fields"); ++i) {
            settings.declare_identity(settings.text("fields[" + std::to_string(i) + "]").value());
        }
    }
    Decision on_request(Exchange& exchange) override {
        seen.push_back("sees " + std::string(exchange.field(Side::request, "X-User").value_or("nobody")));
        exchange.set(Side::request, "X-User", "ann");
        return fails_ ? Decision::fail() : Decision::go_on();
    }

private:
    bool fails_;
};

InstanceOptions in(const ScopeTexts& texts, const std::string& when = "") {
    InstanceOptions options;
    auto scope = read_scope(texts);
    REQUIRE(scope);
    options.scope = *scope;
    if (!when.empty()) {
        auto condition = compile_condition(when);
        INFO((condition ? "" : condition.error().text));
        REQUIRE(condition);
        options.when = *condition;
    }
    return options;
}

InstanceOptions only_when(const std::string& when) {
    return in({}, when);
}

struct WhereFixture : PluginRig {
    WhereFixture() {
        seen.clear();
        Sees<1>::request = nullptr;
        Sees<2>::request = nullptr;
        Sees<3>::request = nullptr;
    }
    /// What is called for a request and its answer.
    std::vector<std::string> calls_for(const std::string& start, const std::string& fields = "") {
        seen.clear();
        if (try_begin(start, fields)) {
            if (ask() == Step::go_on) {
                CHECK(answer() == Step::go_on);
            }
            end();
        }
        return seen;
    }
    bool runs(const std::string& start, const std::string& fields = "") { return !calls_for(start, fields).empty(); }
    /// The code of the answer to a request that is refused.
    std::string refusal_of(const std::string& start) {
        begin(start);
        const std::string code = ask() == Step::answer ? run->take_reply().code : "none";
        end();
        return code;
    }
    /// The request's trailers as they would be sent.
    std::string trailers(const std::string& fields) {
        const test::ParsedResponse parsed("HTTP/1.1 200 OK\r\n" + fields + "\r\n");
        http::Edits changes;
        REQUIRE(run->put_request(changes));
        std::string room(http::write_trailers(parsed.head().fields, {}, &changes, {}), '\0');
        (void)http::write_trailers(parsed.head().fields, room, &changes, {});
        return room;
    }
};

using Calls = std::vector<std::string>;

/// Whether the only instance runs, with this condition, for a request.
bool when(const std::string& condition, const std::string& start = "POST /api/users?page=2",
          const std::string& fields = "X-User: Ann\r\nX-User: Bob\r\nContent-Length: 12\r\n") {
    WhereFixture rig;
    rig.add<Sees<1>>(only_when(condition));
    return rig.runs(start, fields);
}

}  // namespace

TEST_CASE("where: those out of scope have no part in an exchange", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>(in({{}, {"/api"}, {}}));
    rig.add<Sees<2>>(in({{"*.test"}, {}, {"web"}}));
    rig.add<Sees<3>>(in({{"other.test"}, {}, {}}));
    CHECK(rig.calls_for("GET /api/x") ==
          Calls{"request 1", "request 2", "response 2", "response 1", "close 1", "close 2"});
    CHECK(rig.calls_for("GET /x") == Calls{"request 2", "response 2", "close 2"});
    rig.info.host = "other.test";
    rig.info.service = "shop";
    CHECK(rig.calls_for("GET /x") == Calls{"request 3", "response 3", "close 3"});
    rig.info.host = "none.test.example";
    CHECK_FALSE(rig.try_begin("GET /x"));  // it costs nothing where nobody looks at it
}

TEST_CASE("where: an answer passes those that were there", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(in({{}, {"/api"}, {}}));
    rig.add<Sees<3>>();
    Sees<3>::request = [](Exchange&) { return Decision::respond({200, {}, "here"}); };
    rig.begin("GET /x");
    REQUIRE(rig.ask() == Step::answer);
    CHECK(rig.answer() == Step::go_on);
    rig.end();
    CHECK(seen == Calls{"request 1", "request 3", "response 1", "close 1", "close 3"});
}

TEST_CASE("where: an instance that rejects ambiguous paths does so where it would run", "[where]") {
    ScopeTexts strict{{}, {"/a"}, {}};
    strict.reject_ambiguous_paths = true;
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(in(strict, "request.method != \"OPTIONS\""));
    CHECK(rig.refusal_of("GET /a//b") == "ambiguous_path");
    CHECK(seen == Calls{"request 1", "close 1"});
    CHECK(rig.refusal_of("GET /a;b/c") == "ambiguous_path");  // its scope differs by reading
    CHECK(rig.calls_for("GET /a/./b").size() == 6);
    CHECK(rig.calls_for("OPTIONS /a//b").size() == 3);
    CHECK(rig.calls_for("GET /b//a").size() == 3);
    bool taken = true;
    Sees<1>::request = [&](Exchange& exchange) {
        taken = exchange.set_target("/a//b");
        return Decision::go_on();
    };
    CHECK(rig.calls_for("GET /a/b").size() == 6);
    CHECK_FALSE(taken);  // no plugin gets past it either
    WhereFixture observing;
    InstanceOptions options = in(strict);
    options.observe = true;
    observing.add<Sees<1>>(std::move(options));
    CHECK(observing.calls_for("GET /a//b").size() == 3);
}

TEST_CASE("where: a path of which readings differ in who runs is refused before any hook", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(in({{}, {"/admin"}, {}}));
    CHECK(rig.calls_for("GET /%61dmin").size() == 6);
    seen.clear();
    CHECK(rig.refusal_of("GET //admin") == "ambiguous_path");
    CHECK(rig.refusal_of("GET /admin%2Fx") == "ambiguous_path");
    CHECK(rig.refusal_of("GET /x/..;/admin") == "bad_path");
    CHECK(seen.empty());
    CHECK(rig.calls_for("GET /x%2Fy").size() == 3);
    rig.begin("GET //admin");
    REQUIRE(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().page == http::PageState::ambiguous_path);
    rig.end();
}

TEST_CASE("when: what a condition looks at", "[where]") {
    CHECK(when("request.method == \"POST\""));
    CHECK_FALSE(when("request.method == \"GET\""));
    CHECK(when("request.path == \"/api/users\""));
    CHECK(when("request.path == \"/caf\\u00e9\"", "GET /c%61f%C3%A9"));
    CHECK(when("request.query == \"page=2\""));
    CHECK(when("request.query == \"\"", "GET /"));
    CHECK(when("request.host == \"app.test\" && request.headers.host == request.host"));
    CHECK(when("request.headers[\"x-user\"] == \"Ann\""));
    CHECK(when("!has(request.headers.none) && request.headers.none == \"\""));
    CHECK(when("request.size == 12"));
    CHECK(when("request.size == 0", "GET /", ""));
    CHECK(when("visitor.address.in(\"192.0.2.0/24\") && visitor.address == \"192.0.2.7\""));
    CHECK(when("visitor.tls && service.name == \"web\""));
    CHECK(when("!has(note.auth.subject)"));
}

TEST_CASE("when: a condition sees what plugins before it have changed, and what they note", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(only_when("note.auth.subject == \"ann\" && request.headers[\"x-role\"] == \"admin\""));
    CHECK(rig.calls_for("GET /").size() == 3);
    Sees<1>::request = [](Exchange& exchange) {
        exchange.set_note("auth.subject", "ann");
        exchange.set(Side::request, "X-Role", "admin");
        return Decision::go_on();
    };
    CHECK(rig.calls_for("GET /") == Calls{"request 1", "request 2", "response 2", "response 1", "close 1", "close 2"});
}

TEST_CASE("when: an instance with a false condition is as if it were not there, answers included", "[where]") {
    WhereFixture rig;
    rig.add<SeesAnswers>(only_when("request.path == \"/yes\""));
    rig.add<Sees<1>>(only_when("request.path == \"/no\""));
    CHECK(rig.calls_for("GET /yes") == Calls{"answer"});
    CHECK(rig.calls_for("GET /other").empty());
}

TEST_CASE("when: no spelling of a path gets past a condition", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(only_when("request.path.startsWith(\"/admin\")"));
    CHECK(rig.calls_for("GET /%61dmin").size() == 6);
    CHECK(rig.calls_for("GET /a%2Fb").size() == 3);
    seen.clear();
    CHECK(rig.refusal_of("GET //admin") == "ambiguous_path");
    CHECK(seen == Calls{"request 1", "close 1"});  // the condition is looked at where it stands
}

TEST_CASE("when: it is looked at once, also where a plugin waits", "[where]") {
    WhereFixture rig;
    std::optional<Later> kept;
    rig.add<Sees<1>>(only_when("note.seen == \"\""));
    Sees<1>::request = [&](Exchange& exchange) {
        exchange.set_note("seen", "yes");
        return exchange.later([&](Later later) { kept = std::move(later); });
    };
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    std::move(*kept).decide(Decision::go_on());
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.answer() == Step::go_on);
    rig.end();
    CHECK(seen == Calls{"request 1", "response 1", "close 1"});
}

TEST_CASE("where: a target may be changed within the same instances alone", "[where]") {
    WhereFixture rig;
    rig.add<Sees<1>>();
    rig.add<Sees<2>>(in({{}, {"/admin"}, {}}));
    rig.add<Sees<3>>(only_when("request.path.startsWith(\"/internal\") || request.query == \"debug\""));
    std::vector<bool> taken;
    Sees<1>::request = [&](Exchange& exchange) {
        taken = {exchange.set_target("/admin"),       exchange.set_target("/%61dmin/x"),
                 exchange.set_target("//admin"),      exchange.set_target("/internal/x"),
                 exchange.set_target("/x", "?debug"), exchange.set_target("//internal"),
                 exchange.set_target("/other/place"), exchange.set_target("/y", "?z")};
        return Decision::go_on();
    };
    rig.begin("GET /x");
    REQUIRE(rig.ask() == Step::go_on);
    CHECK(taken == std::vector<bool>{false, false, false, false, false, false, false, true});
    CHECK(rig.sent().starts_with("GET /y?z HTTP/1.1"));
    rig.end();
    rig.begin("GET /admin/x");
    REQUIRE(rig.ask() == Step::go_on);
    CHECK(taken == std::vector<bool>{true, true, false, false, false, false, false, false});
    CHECK(rig.sent().starts_with("GET /admin/x HTTP/1.1"));
    rig.end();
}

TEST_CASE("identity: a declared field is the plugin's alone, in head and trailers", "[where][identity]") {
    WhereFixture rig;
    rig.add<Identifies>();
    rig.begin("GET /", "X-User: root\r\nx_user: root\r\nX.USER: root\r\nX-Other: 1\r\n");
    REQUIRE(rig.ask() == Step::go_on);
    CHECK(seen == Calls{"sees nobody"});
    CHECK(rig.sent() == "GET / HTTP/1.1\r\nHost: app.test\r\nX-Other: 1\r\nX-User: ann\r\n\r\n");
    const std::string trailers = rig.trailers("X-User: root\r\nX_User: root\r\nX-Sum: 1\r\n");
    CHECK(trailers.find("root") == std::string::npos);
    CHECK(trailers.find("X-Sum: 1") != std::string::npos);
    rig.end();
}

TEST_CASE("identity: visitors cannot send it where the plugin does not run, observes or fails", "[where][identity]") {
    const auto sent_with = [](InstanceOptions options, std::string_view settings = {}) {
        WhereFixture rig;
        rig.add<Identifies>(std::move(options), settings);
        rig.begin("GET /x", "X-User: root\r\n");
        CHECK(rig.ask() == Step::go_on);
        const std::string head = rig.sent();
        CHECK(rig.trailers("X-User: root\r\nX-Sum: 1\r\n").find("root") == std::string::npos);
        rig.end();
        return head;
    };
    const std::string bare = "GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n";
    CHECK(sent_with(in({{}, {"/api"}, {}})) == bare);
    CHECK(sent_with(in({{"other.test"}, {}, {}})) == bare);
    CHECK(sent_with(only_when("request.method == \"POST\"")) == bare);
    CHECK(sent_with({"", false, true}) == bare);
    CHECK(sent_with({}, "{fails: true}") == bare);
}

TEST_CASE("identity: conditions do not see what visitors send by that name", "[where][identity]") {
    WhereFixture rig;
    rig.add<Sees<1>>(only_when("request.headers[\"x-user\"] == \"root\""));
    rig.add<Identifies>(in({{"other.test"}, {}, {}}));
    CHECK(rig.calls_for("GET /", "X-User: root\r\n").empty());
}

TEST_CASE("identity: all room that there is can be used at once", "[where][identity]") {
    std::string fields;
    std::string forged;
    for (std::size_t i = 0; i < limits::plugin_identity_max; ++i) {
        fields += (i > 0 ? ", X-Id-" : "X-Id-") + std::to_string(i);
        forged += "X-Id-" + std::to_string(i) + ": forged\r\n";
    }
    WhereFixture rig;
    rig.add<Identifies>({}, "{fields: [" + fields + "]}");
    rig.add<Identifies>({}, "{fields: [x_id_0]}");  // the same field, as some programs read it
    rig.add<Sees<1>>();
    Sees<1>::request = [](Exchange& exchange) {
        while (exchange.add(Side::request, "X-Full", "1")) {
        }
        return Decision::go_on();
    };
    CHECK_FALSE(fault_of(rig.chain));
    rig.begin("GET /", forged);
    REQUIRE(rig.ask() == Step::go_on);
    CHECK(rig.sent().find("forged") == std::string::npos);
    rig.end();
    rig.add<Identifies>({}, "{fields: [X-More]}");
    CHECK(fault_of(rig.chain) ==
          "The plugins write 25 request fields that are removed from visitors' requests; the limit is 24.");
}

TEST_CASE("identity: an instance with too many fields, or one that is the edge's, is not made", "[where][identity]") {
    const auto fault = [](const std::string& settings) {
        WhereFixture rig;
        auto prepared = prepare(&library<Identifies>, {}, settings, {});
        REQUIRE(prepared);
        const auto made = rig.instances.make(*prepared, {});
        REQUIRE_FALSE(made);
        return made.error();
    };
    CHECK(fault("{fields: [Content-Length]}") ==
          "The plugin \"identifies\" cannot be created: declares an identity field that no plugin may write.");
    std::string many = "X-0";
    for (int i = 1; i < 25; ++i) {
        many += ", X-" + std::to_string(i);
    }
    CHECK(fault("{fields: [" + many + "]}") ==
          "The plugin \"identifies\" cannot be created: declares more than 24 identity fields.");
}
