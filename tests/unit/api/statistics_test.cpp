// The table of statistics: it has each number, and JSON, metrics and docs/metrics.md have what its rows state.
#include "api/statistics.hpp"

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "api/certificates.hpp"
#include "base/limits.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using admin::Statistic;

namespace {

struct Anything {
    template <typename Type>
    operator Type() const;
};

template <typename Stats, std::size_t... i>
constexpr bool takes(std::index_sequence<i...>) {
    return requires {
        Stats{(static_cast<void>(i), Anything())...};
    };
}

template <typename Stats, std::size_t count = 0>
constexpr std::size_t count_members() {
    if constexpr (takes<Stats>(std::make_index_sequence<count + 1>())) {
        return count_members<Stats, count + 1>();
    } else {
        return count;
    }
}

template <typename Stats>
using Member = typename Statistic<Stats>::Member;
using Places = std::set<std::ptrdiff_t>;

// Where a member is in its struct; a sum has two.
template <typename Stats>
Places places_of(const Member<Stats>& member) {
    static const Stats stats{};
    const auto place = [](const auto& part) {
        return reinterpret_cast<const char*>(&part) - reinterpret_cast<const char*>(&stats);
    };
    return std::visit(
        [&place](const auto& pointer) {
            if constexpr (std::is_same_v<decltype(pointer), const admin::Sum<Stats>&>) {
                return Places{place(stats.*pointer.one), place(stats.*pointer.other)};
            } else {
                return Places{place(stats.*pointer)};
            }
        },
        member);
}

template <typename Stats>
Places places_of(const std::vector<Member<Stats>>& members) {
    Places all;
    for (const Member<Stats>& member : members) {
        all.merge(places_of<Stats>(member));
    }
    return all;
}

/// Members that the rows leave out.
template <typename Stats>
struct Except {
    std::vector<Member<Stats>> json{};
    std::vector<Member<Stats>> metrics{};
    std::size_t no_numbers = 0;  // texts, and structs with rows of their own
};

template <typename Stats>
void check_members(const Except<Stats>& except) {
    Places in_json = places_of<Stats>(except.json);
    Places in_metrics = places_of<Stats>(except.metrics);
    for (const Statistic<Stats>& row : detail::rows_of<Stats>()) {
        CAPTURE(row.json, row.metric.family, row.word);
        CHECK((!row.json.empty() || row.metric.exists()));
        CHECK(row.word.empty() ==
              (row.metric.label.empty() || std::holds_alternative<admin::AnswerCounts Stats::*>(row.member)));
        for (const std::ptrdiff_t place : places_of<Stats>(row.member)) {
            if (!row.json.empty()) {
                CHECK(in_json.insert(place).second);  // not twice, and not among the exceptions
            }
            if (row.metric.exists()) {
                in_metrics.insert(place);
            }
        }
    }
    CHECK(in_json.size() == count_members<Stats>() - except.no_numbers);
    CHECK(in_metrics == in_json);
}

std::string name_in_text(const admin::Metric& metric) {
    return std::string(metric.family) + (metric.type == metrics::Type::counter ? "_total" : "");
}

// Each row's number, which no other row has, is where the row states.
template <typename Stats>
void check_values() {
    Stats stats{};
    unsigned next = 1000;
    for (const Statistic<Stats>& row : detail::rows_of<Stats>()) {
        std::visit(
            [&](const auto& pointer) {
                if constexpr (std::is_member_object_pointer_v<std::decay_t<decltype(pointer)>>) {
                    using Type = std::decay_t<decltype(stats.*pointer)>;
                    if constexpr (!std::is_same_v<Type, bool> && !std::is_same_v<Type, Timings> &&
                                  !std::is_same_v<Type, admin::AnswerCounts>) {
                        stats.*pointer = Type(next++);
                    }
                }
            },
            row.member);
    }
    const admin::Json json = detail::numbers_of(stats);
    metrics::Exposition to(metrics::Format::prometheus);
    admin::MetricFamilies families;
    families.add(stats, detail::rows_of<Stats>());
    families.write_to(to);
    const std::string text = std::move(to).finish();
    for (const Statistic<Stats>& row : detail::rows_of<Stats>()) {
        const auto value = std::visit(admin::MemberReader<Stats>{stats}, row.member);
        const auto* const number = std::get_if<std::uint64_t>(&value);
        CAPTURE(row.json, row.metric.family, row.word);
        if (const std::string name(row.json); !name.empty()) {
            REQUIRE(json.contains(name));
            CHECK((json.at(name).is_number() || json.at(name).is_boolean()));
            CHECK((number == nullptr || json.at(name) == *number));
        }
        if (row.metric.exists()) {
            const std::string name = name_in_text(row.metric);
            CHECK(text.find("# HELP " + name + ' ' + std::string(row.metric.help) + "\n# TYPE " + name + ' ') !=
                  std::string::npos);
            const std::string label =
                row.word.empty() ? "" : '{' + std::string(row.metric.label) + "=\"" + std::string(row.word) + "\"}";
            CHECK((number == nullptr ||
                   text.find('\n' + name + label + ' ' + std::to_string(*number) + '\n') != std::string::npos));
        }
    }
}

std::string read_source(const std::string& path) {
    std::ifstream in(std::string(FERROTUNNEL_SOURCE) + '/' + path);
    REQUIRE(in.is_open());
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A line of the table in docs/metrics.md.
struct Documented {
    std::string type{};
    std::string side{};
    std::string labels{};
    std::string help{};

    friend bool operator==(const Documented&, const Documented&) = default;
};
using Family = std::pair<std::string, std::string>;  // name and HELP
using Families = std::map<Family, Documented>;

std::string line_of(const std::string& name, const Documented& family) {
    return "| `" + name + "` | " + family.type + " | " + family.side + " |" +
           (family.labels.empty() ? "" : ' ' + family.labels) + " | " + family.help + " |";
}

// Adds the families of a side, with labels of its samples.
void add_families(Families& all, const std::string& text, const std::string& side) {
    std::string help;
    Documented* family = nullptr;
    for (const std::string& line : lines_of(text)) {
        std::istringstream words(line);
        std::string mark;
        std::string kind;
        std::string name;
        words >> mark >> kind >> name;
        if (line.starts_with("# HELP ")) {
            help = line.substr(mark.size() + kind.size() + name.size() + 3);
        } else if (line.starts_with("# TYPE ")) {
            family = &all[{name, help}];
            words >> family->type;
            family->side = family->side.empty() ? side : "both";
            family->help = help;
        } else if (family != nullptr) {
            const std::string labels = line.substr(0, line.find(' '));
            static const std::regex label("[{,]([a-z_]+)=\"");
            for (std::sregex_iterator each(labels.begin(), labels.end(), label), end; each != end; ++each) {
                const std::string cell = '`' + (*each)[1].str() + '`';
                if (cell != "`le`" && family->labels.find(cell) == std::string::npos) {
                    family->labels += (family->labels.empty() ? "" : ", ") + cell;
                }
            }
        }
    }
}

// The words that a family's rows have for its label, with the label.
template <typename Stats>
void add_words(std::map<std::string, std::set<std::string>>& all) {
    for (const Statistic<Stats>& row : detail::rows_of<Stats>()) {
        if (!row.metric.label.empty()) {
            std::set<std::string>& words = all[name_in_text(row.metric)];
            words.insert('`' + std::string(row.metric.label) + '`');
            if (!row.word.empty()) {
                words.insert('`' + std::string(row.word) + '`');
            }
        }
    }
}

}  // namespace

TEST_CASE("each number of the statistics is in JSON and in metrics, but for listed ones", "[statistics]") {
    check_members<ServerStats>({.no_numbers = 5});
    check_members<ClientStats>({.metrics = {&ClientStats::connected},  // /readyz states it
                                .no_numbers = 4});
    check_members<HttpStats>({});
    check_members<DatagramStats>({});
    check_members<ResumeStats>({.metrics = {&ResumeStats::waiting_for}});  // a scraper sees how long some wait
    check_members<TrafficStats>({.json = {&TrafficStats::bytes_copied, &TrafficStats::slabs_in_use,  // for tests
                                          &TrafficStats::decode, &TrafficStats::encode},             // histograms
                                 .metrics = {&TrafficStats::bytes_copied, &TrafficStats::slabs_in_use}});
    check_members<PluginCounts>({});
    // A status has no rows of these: they came with metrics, and the dashboard does not need them.
    check_members<TraceStats>({.json = {&TraceStats::sent, &TraceStats::failed, &TraceStats::dropped}});
    check_members<WorkerStats>({.json = {&WorkerStats::ran, &WorkerStats::waited, &WorkerStats::timer_delays}});
    check_members<PluginHookTime>({.json = {&PluginHookTime::calls, &PluginHookTime::time}, .no_numbers = 1});
    // Its events have them.
    check_members<detail::ReloadCounts>(
        {.json = {&detail::ReloadCounts::applied, &detail::ReloadCounts::refused, &detail::ReloadCounts::last_applied,
                  &detail::ReloadCounts::last_refused, &detail::ReloadCounts::last_was_applied}});
    // JSON has the bytes in TunnelInfo::Service, and on a client with its service. The bytes by their direction are
    // the same two numbers.
    check_members<ServiceStats>({.json = {&ServiceStats::bytes_received, &ServiceStats::bytes_sent,
                                          &ServiceStats::bytes_from_visitors, &ServiceStats::bytes_to_visitors,
                                          &ServiceStats::answers, &ServiceStats::first_byte, &ServiceStats::whole},
                                 .metrics = {&ServiceStats::bytes_from_visitors, &ServiceStats::bytes_to_visitors},
                                 .no_numbers = 4});
}

TEST_CASE("a number is in JSON and in metrics under the names of its row", "[statistics]") {
    check_values<ServerStats>();
    check_values<ClientStats>();
    check_values<HttpStats>();
    check_values<DatagramStats>();
    check_values<ResumeStats>();
    check_values<TrafficStats>();
    check_values<TraceStats>();
    check_values<ServiceStats>();
    check_values<WorkerStats>();
    check_values<PluginCounts>();
    check_values<PluginHookTime>();
    check_values<detail::ReloadCounts>();
}

TEST_CASE("durations are counts of their unit in JSON, and seconds in metrics", "[statistics]") {
    ClientStats client;
    client.rtt = std::chrono::microseconds(310);
    client.resume.waiting_for = std::chrono::milliseconds(1500);
    CHECK(detail::numbers_of(client).at("rtt_us") == 310);
    CHECK(detail::numbers_of(client.resume).at("waiting_ms") == 1500);
    metrics::Exposition to(metrics::Format::prometheus);
    detail::put(to, client);
    CHECK(std::move(to).finish().find("\nferrotunnel_trunk_round_trip_seconds 0.00031\n") != std::string::npos);
}

TEST_CASE("families keep their order and have the numbers of several structs", "[statistics]") {
    ServerStats stats;
    stats.logins_refused = 1;
    stats.http.connections_refused = 2;
    stats.http.requests_refused = 3;
    stats.http.handshakes_failed = 4;
    metrics::Exposition to(metrics::Format::prometheus);
    detail::put(to, stats);
    const std::string text = std::move(to).finish();
    CHECK(text.find("# TYPE ferrotunnel_refusals_total counter\n"
                    "ferrotunnel_refusals_total{reason=\"login\"} 1\n"
                    "ferrotunnel_refusals_total{reason=\"http_connection\"} 2\n"
                    "ferrotunnel_refusals_total{reason=\"http_request\"} 3\n"
                    "ferrotunnel_refusals_total{reason=\"tls_handshake\"} 4\n"
                    "# HELP ferrotunnel_connections_total ") != std::string::npos);
    CHECK(text.find("ferrotunnel_resume_kept_limit_bytes 0\n# HELP ferrotunnel_resume_refusals_total ") !=
          std::string::npos);
    CHECK(text.find("ferrotunnel_streams 0\n# HELP ferrotunnel_tunnel_frames_processed_total ") != std::string::npos);
}

TEST_CASE("services that have the same labels are one series", "[statistics]") {
    TunnelInfo tunnel;
    tunnel.token_name = "ann";
    tunnel.services = {{"web", "http://a.test", 2, 5}, {"ssh", "", 1, 0}};
    metrics::Exposition to(metrics::Format::prometheus);
    detail::put(to, std::vector<TunnelInfo>{tunnel, tunnel});
    const std::string text = std::move(to).finish();
    const auto has = [&](std::string_view line) { return text.find(line) != std::string::npos; };
    CHECK(has("\nferrotunnel_service_streams{service=\"web\",token=\"ann\",endpoint=\"http://a.test\"} 4\n"));
    CHECK(has("\nferrotunnel_service_streams{service=\"ssh\",token=\"ann\",endpoint=\"\"} 2\n"));
    CHECK(
        has("\nferrotunnel_service_http_requests_total{service=\"web\",token=\"ann\",endpoint=\"http://a.test\"} 5\n"));
    CHECK_FALSE(has("http_requests_total{service=\"ssh\""));
}

TEST_CASE("a certificate is one series, and of many with one use a hundred are listed", "[statistics]") {
    const auto at = [](int seconds) { return std::chrono::system_clock::time_point(std::chrono::seconds(seconds)); };
    detail::Certificates certificates;
    certificates.add("backend", transport::CertificateExpiry{"a.test", "/a.pem", at(9'000)});
    certificates.add("backend", transport::CertificateExpiry{"a.test", "/a.pem", at(7'000)});  // before it was renewed
    certificates.add("client", transport::CertificateExpiry{"a.test", "/a.pem", at(8'000)});
    metrics::Exposition to(metrics::Format::prometheus);
    certificates.put(to);
    const std::string text = std::move(to).finish();
    const std::string name = "ferrotunnel_certificate_expiry_timestamp_seconds";
    CHECK(text.substr(text.find('\n' + name)) == '\n' + name + R"({use="backend",name="a.test",file="/a.pem"} 7000)" +
                                                     '\n' + name +
                                                     R"({use="client",name="a.test",file="/a.pem"} 8000)" + '\n');
    for (std::size_t i = 0; i < 2 * limits::certificates_listed_max; ++i) {
        certificates.add("visitors", transport::CertificateExpiry{std::to_string(i), {}, at(static_cast<int>(i))});
    }
    const admin::Json listed = certificates.json();
    CHECK(listed.size() == limits::certificates_listed_max + 2);
    CHECK(listed.front() == admin::Json{{"use", "visitors"}, {"name", "0"}, {"expires", 0}});
    CHECK(listed.back().at("use") == "client");
}

TEST_CASE("docs/metrics.md has each family with the type and help of its row", "[statistics][threads]") {
    test::Echo echo;
    test::Tunnel rig(echo.address());
    Families families;
    add_families(families, rig.server.metrics_text(), "server");
    add_families(families, rig.client.metrics_text(), "client");
    REQUIRE(families.size() > 70);
    std::map<std::string, std::set<std::string>> words;
    add_words<ServerStats>(words);
    add_words<HttpStats>(words);
    add_words<TraceStats>(words);
    add_words<ResumeStats>(words);
    add_words<DatagramStats>(words);
    add_words<ServiceStats>(words);
    add_words<detail::ReloadCounts>(words);
    add_words<PluginCounts>(words);
    words.at("ferrotunnel_plugin_events_total") = {"`event`"};  // docs/control.md lists them
    std::string written;
    const std::string docs = read_source("docs/metrics.md");
    for (const std::string& line : lines_of(docs)) {
        static const std::regex row("\\| `(ferrotunnel_\\w+)` \\| (\\w+) \\| (\\w+) \\|(.*?) \\| (.*) \\|");
        std::smatch cells;
        if (!std::regex_match(line, cells, row)) {
            written += line + '\n';
            continue;
        }
        const std::string name = cells[1];
        // The lines of a family that differs between the sides are distinguished by their side.
        auto known = families.lower_bound({name, {}});
        for (auto next = known; next != families.end() && next->first.first == name; ++next) {
            known = next->second.side == cells[3].str() ? next : known;
        }
        if (known == families.end() || known->first.first != name) {
            FAIL_CHECK("no side has this family: " << line);
            continue;
        }
        const std::string labels = cells[4].length() > 0 ? cells[4].str().substr(1) : std::string();
        std::set<std::string> needed = words[name];
        for (const std::string& label : lines_of(std::regex_replace(known->second.labels, std::regex(", "), "\n"))) {
            needed.insert(label);
        }
        for (const std::string& word : needed) {
            CAPTURE(line, word);
            CHECK(labels.find(word) != std::string::npos);
        }
        known->second.labels = labels;  // written by hand
        written += line_of(name, known->second) + '\n';
        families.erase(known);
    }
    if (std::getenv("FERROTUNNEL_WRITE_DOCS") != nullptr) {
        std::ofstream(std::string(FERROTUNNEL_SOURCE) + "/docs/metrics.md") << written;
    }
    for (const auto& [family, documented] : families) {
        UNSCOPED_INFO("no line in docs/metrics.md; it should be: " << line_of(family.first, documented));
    }
    CHECK(families.empty());
    UNSCOPED_INFO("to write them again: FERROTUNNEL_WRITE_DOCS=1 test_api \"[statistics]\"");
    CHECK(written == docs);
}

TEST_CASE("the dashboard and docs/openapi.yml name numbers of the table", "[statistics]") {
    const std::map<std::string, admin::Json> known{{"traffic", detail::numbers_of(TrafficStats())},
                                                   {"http", detail::numbers_of(HttpStats())},
                                                   {"datagrams", detail::numbers_of(DatagramStats())},
                                                   {"resume", detail::numbers_of(ResumeStats())}};
    const std::string pages = read_source("lib/admin/web/server.js") + read_source("lib/admin/web/client.js");
    static const std::regex use("\\bnow\\.(traffic|http|datagrams|resume)\\.(\\w+)");
    std::size_t uses = 0;
    for (std::sregex_iterator each(pages.begin(), pages.end(), use), end; each != end; ++each, ++uses) {
        CAPTURE(each->str());
        CHECK(known.at((*each)[1]).contains((*each)[2].str()));
    }
    CHECK(uses > 10);
    const std::string api = read_source("docs/openapi.yml");
    std::smatch required;
    REQUIRE(std::regex_search(api, required, std::regex("    Traffic:\n +type: object\n +required: \\[([^\\]]*)\\]")));
    std::set<std::string> names;
    const std::string list = required[1];
    static const std::regex word("\\w+");
    for (std::sregex_iterator each(list.begin(), list.end(), word), end; each != end; ++each) {
        names.insert(each->str());
    }
    std::set<std::string> members;
    for (const auto& [name, value] : known.at("traffic").items()) {
        members.insert(name);
    }
    CHECK(names == members);
}
