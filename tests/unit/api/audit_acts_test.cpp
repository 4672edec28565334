#include "api/audit_acts.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "audit/limits.hpp"
#include "ferrotunnel/program.hpp"

namespace ferrotunnel::detail {
namespace {

struct Acts {
    Acts() {
        log->switch_on(true);
        requests.set(log);
    }
    std::string lines() const {
        std::string text;
        log->lanes()->take_all(text);
        return text;
    }
    const std::shared_ptr<audit::AuditLog> log = std::make_shared<audit::AuditLog>();
    AuditedRequests requests;
};

admin::Answer no_client() {
    return admin::refusal(404, "not_found", "There is none.");
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an act is recorded with who, what and what came of it, and without secrets", "[audit-acts]") {
    Acts acts;
    admin::Request request{"POST", "/v1/kick"};
    request.user = 4'294'967'294U;
    request.body =
        R"({"client":"nas","seconds":600,"enabled":true,"secret":"SECRET-1","password":{"name":"SECRET-2"}})";
    CHECK(acts.requests.answer(request, ControlEntry::socket, no_client).status == 404);
    const std::string line = acts.lines();
    CHECK(has(line,
              R"("event":"admin","act":"kick","via":"control socket","method":"POST","client":"nas","seconds":600,)"
              R"("enabled":true,"by":"user 4294967294","status":404,"code":"not_found","why":"There is none.")"));
    CHECK(!has(line, "SECRET"));
}

TEST_CASE("reading is not recorded, except of what a successor gets", "[audit-acts]") {
    Acts acts;
    for (const char* path : {"/v1/status", "/v1/events"}) {
        (void)acts.requests.answer({"GET", path}, ControlEntry::socket, no_client);
    }
    CHECK(acts.lines().empty());
    for (const char* path : {"/v1/sockets", "/v1/ticket_keys"}) {
        (void)acts.requests.answer({"GET", path}, ControlEntry::socket, no_client);
    }
    const std::string lines = acts.lines();
    CHECK(has(lines, R"("act":"sockets")"));
    CHECK(has(lines, R"("act":"ticket_keys")"));
}

TEST_CASE("a log that is handed over at once has the request that this be done", "[audit-acts]") {
    Acts acts;
    std::thread ends;
    std::string lines;
    const admin::Answer answer = acts.requests.answer({"POST", "/v1/handover"}, ControlEntry::socket, [&] {
        ends = std::thread([&] {
            acts.requests.await_record(std::chrono::minutes(1));
            lines = acts.lines();
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // enough to be too early
        return admin::Answer{202};
    });
    CHECK(answer.status == 202);
    ends.join();
    CHECK(has(lines, R"("act":"handover")"));
    acts.requests.await_record(std::chrono::minutes(1));  // nobody is waited for
}

TEST_CASE("a request that takes too long to answer is not waited for", "[audit-acts]") {
    Acts acts;
    const admin::Answer answer = acts.requests.answer({"POST", "/v1/handover"}, ControlEntry::socket, [&] {
        acts.requests.await_record(std::chrono::milliseconds(1));
        return admin::Answer{202};
    });
    CHECK(answer.status == 202);
}

TEST_CASE("strangers at a dashboard are recorded within limits, and have no name", "[audit-acts]") {
    Acts acts;
    const login::AddressNetworks networks{"192.0.2.7", "", "192.0.2.0/24"};
    admin::Request request{"POST", "/api/v1/drain"};
    request.peer = "192.0.2.7";
    request.networks = &networks;
    for (int i = 0; i < 20; ++i) {
        (void)acts.requests.answer(request, ControlEntry::dashboard,
                                   [] { return admin::refusal(401, "login", "Log in first."); });
    }
    const std::string refused = acts.lines();
    CHECK(std::count(refused.begin(), refused.end(), '\n') == audit::refusals_of_address_max);
    CHECK(!has(refused, "holder"));
    (void)acts.requests.answer(request, ControlEntry::dashboard, [] {
        admin::Answer answer{202};
        answer.has_right = true;
        return answer;
    });
    CHECK(has(acts.lines(), R"("act":"drain","via":"dashboard","peer":"192.0.2.7","method":"POST",)"
                            R"("by":"a holder of the dashboard's secret at 192.0.2.7","status":202)"));
}

TEST_CASE("an answer that comes later is recorded when it is there", "[audit-acts]") {
    Acts acts;
    admin::Request request{"POST", "/v1/cluster/members/b/kick"};
    request.user = 0;
    const admin::Answer waits = acts.requests.answer(request, ControlEntry::socket, [] {
        admin::Answer answer;
        answer.later = [](TimePoint now) {
            return now == TimePoint() ? std::nullopt : std::optional(admin::Answer{200});
        };
        return answer;
    });
    CHECK(!waits.later(TimePoint()));
    CHECK(acts.lines().empty());
    CHECK(waits.later(TimePoint(std::chrono::seconds(1))));
    CHECK(has(acts.lines(), R"("act":"cluster/members/b/kick")"));
}

TEST_CASE("a change has its cause and its keys, and no values", "[audit-acts]") {
    Acts acts;
    ApplyReport report;
    report.applied.push_back({ApplyReport::Change::Kind::added, "server.token", "alice"});
    report.needs_restart = {"server.bind"};
    {
        const program::ChangeCause cause("SIGHUP", "/etc/ferrotunnel.yml");
        audit_change(acts.log.get(), report);
    }
    audit_change(acts.log.get(), {});
    audit_change(nullptr, report);
    const std::string lines = acts.lines();
    CHECK(has(lines, R"("event":"config","via":"SIGHUP","file":"/etc/ferrotunnel.yml","result":"applied",)"
                     R"("applied":["server.token alice added"],"needs_restart":["server.bind"])"));
    CHECK(has(lines, R"("event":"config","via":"library","result":"unchanged")"));
}

TEST_CASE("a refused reload is one line, whether its change was refused or its file", "[audit-acts]") {
    Acts acts;
    ApplyReport refused;
    refused.problems.push_back({"access_log", "cannot open it"});
    const auto lines_of_reload = [&](bool has_change) {
        const program::ChangeCause cause("SIGHUP", "/etc/ferrotunnel.yml");
        if (has_change) {
            audit_change(acts.log.get(), refused);
        }
        audit_refused_reload(*acts.log, "cannot open it");
        return acts.lines();
    };
    for (const bool has_change : {true, false, true}) {
        const std::string lines = lines_of_reload(has_change);
        CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
        CHECK(has(lines, R"("event":"config","via":"SIGHUP","file":"/etc/ferrotunnel.yml","result":"refused",)"));
        CHECK(has(lines, has_change ? R"("problems":["access_log: cannot open it"])" : R"("why":"cannot open it")"));
    }
    audit_change(acts.log.get(), refused);
    audit_refused_reload(*acts.log, "without a cause these are two");
    const std::string lines = acts.lines();
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
}

}  // namespace ferrotunnel::detail
