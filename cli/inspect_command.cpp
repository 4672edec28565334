// `ferrotunnel inspect`, and `inspect show`, `curl`, `replay`, `diff` and `har`
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include "control_commands.hpp"
#include "control_targets.hpp"
#include "help.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* exchanges = "/v1/exchanges";
constexpr std::chrono::seconds replay_patience = 30s;

const OptionInfo json_option{"json", "", "Print the answer as JSON"};

OptionSection filter_section() {
    return {"Filters",
            {
                {"method", "METHOD", "Exchanges with this method"},
                {"status", "STATUS", "Exchanges with this status: 404, or 5xx for 500 to 599"},
                {"path", "TEXT", "Exchanges with this text in their path or query"},
                {"service", "NAME", "Exchanges of this service", "", false, 0, ValueKind::service},
                {"text", "TEXT", "Exchanges with this text in a header, body or WebSocket message, in any case"},
                {"limit", "N", "Number of exchanges, the newest first (default 100)"},
            }};
}

CommandInfo one_info(const char* name, const char* summary, const char* operand, const char* examples,
                     std::vector<OptionSection> sections) {
    sections.push_back(target_section());
    return {name, summary, operand, examples, std::move(sections), CommandInfo::Kind::ask};
}

const CommandInfo& show_info() {
    static const CommandInfo info =
        one_info("inspect show", "show one exchange: headers, bodies, messages, times", "ID",
                 "  ferrotunnel inspect show 17\n"
                 "  ferrotunnel inspect show 17 --json | jq -r .answer.body.text\n",
                 {{"Options", {json_option}}});
    return info;
}

const CommandInfo& curl_info() {
    static const CommandInfo info = one_info("inspect curl", "print a request as a curl command", "ID",
                                             "  ferrotunnel inspect curl 17\n"
                                             "  ferrotunnel inspect curl 17 | sh\n"
                                             "Secrets in it are masked, as in everything that is recorded.\n",
                                             {});
    return info;
}

const CommandInfo& replay_info() {
    static const CommandInfo info =
        one_info("inspect replay", "send a request to its backend again, as it was or edited", "ID",
                 "  ferrotunnel inspect replay 17\n"
                 "  ferrotunnel inspect replay 17 --header 'Authorization: Bearer abc' --header 'X-Debug:'\n"
                 "  ferrotunnel inspect replay 17 --method PUT --target /v2/orders --body @order.json\n"
                 "The client sends it directly to the backend, and records it as a new exchange. Masked values\n"
                 "are sent as they were for 1 hour after the request; *** stands for them in --target, --header\n"
                 "and --body. If the recorded body is incomplete, provide one with --body.\n",
                 {{"Edits",
                   {
                       {"method", "METHOD", "Replace the method"},
                       {"target", "TARGET", "Replace path and query, like /a?b=c"},
                       {"header", "NAME: VALUE",
                        "Replace this field, or remove it with an empty value; may be repeated", "", true},
                       {"body", "TEXT", "Replace the body; @FILE reads it from a file"},
                   }},
                  {"Options", {json_option}}});
    return info;
}

const CommandInfo& diff_info() {
    static const CommandInfo info = one_info("inspect diff", "compare two exchanges: headers by field, bodies by line",
                                             "A,B", "  ferrotunnel inspect diff 17,18\n", {{"Options", {json_option}}});
    return info;
}

const CommandInfo& har_info() {
    static const CommandInfo info =
        one_info("inspect har", "print exchanges as an HTTP archive (HAR 1.2)", "",
                 "  ferrotunnel inspect har --status 5xx > errors.har\n", {filter_section()});
    return info;
}

std::string encoded(std::string_view text) {
    std::string all;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        all += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return all;
}

std::string query_of(const Options& options) {
    std::string query;
    for (const char* name : {"method", "status", "path", "service", "text", "limit"}) {
        if (const auto value = options.text(name)) {
            query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, encoded(*value));
        }
    }
    return query;
}

Json asked(const Control& control, std::string_view method, const std::string& path, const std::string& body = {}) {
    return Json::parse(control.ask(method, exchanges + path, body), nullptr, false);
}

double real_in(const Json& object, const char* key) {
    const Json& member = member_of(object, key);
    return member.is_number() ? member.get<double>() : 0;
}

std::string ms_text(const Json& object, const char* key) {
    const Json& member = member_of(object, key);
    return member.is_number() ? fmt::format("{:.1f} ms", member.get<double>()) : "";
}

std::string clock_text(const Json& row) {
    const auto seconds = static_cast<std::time_t>(real_in(row, "began_ms") / 1'000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string state_text(const Json& row) {
    const std::string state = text_in(row, "state");
    std::string text = state == "complete"       ? ""
                       : state == "under_way"    ? "under way"
                       : state == "visitor_left" ? "the visitor has left"
                       : state == "backend_left" ? "the backend has left"
                       : state == "not_http"     ? "not HTTP"
                                                 : "the backend was not reached";
    if (const std::string why = text_in(row, "why"); !why.empty()) {
        text += (text.empty() ? "" : ": ") + printable(why);
    }
    const std::int64_t replayed = number_in(row, "replay_of");
    return replayed == 0 ? text : fmt::format("{}{}replay of {}", text, text.empty() ? "" : ", ", replayed);
}

std::vector<std::string> row_of(const Json& row) {
    const std::string id = std::to_string(number_in(row, "id"));
    if (text_in(row, "kind") == "connection") {
        return {id,
                clock_text(row),
                "-",
                "-",
                text_in(row, "service") + " from " + text_in(row, "visitor"),
                ms_text(row, "end_ms"),
                fmt::format("{} in, {} out", size_text(real_in(row, "to_backend")),
                            size_text(real_in(row, "from_backend"))),
                state_text(row)};
    }
    const std::int64_t status = number_in(row, "status");
    return {id,
            clock_text(row),
            text_in(row, "method"),
            status == 0 ? "-" : std::to_string(status),
            text_in(row, "target"),
            ms_text(row, "end_ms"),
            size_text(real_in(row, "answer_bytes")),
            state_text(row)};
}

// Prints a text of several lines without characters that could control a terminal.
void print_lines(const std::string& text, std::string_view before) {
    const std::string lines = printable_lines(text);
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        fmt::print("{}{}\n", before, std::string_view(lines).substr(at, end - at));
        at = end + 1;
    }
}

void print_half(const Json& half, std::string_view mark) {
    fmt::print("{} {}\n", mark, printable(text_in(half, "line")));
    for (const Json& field : member_of(half, "fields")) {
        if (field.is_array() && field.size() == 2 && field[0].is_string() && field[1].is_string()) {
            fmt::print("{} {}: {}\n", mark, printable(field[0].get<std::string>()),
                       printable(field[1].get<std::string>()));
        }
    }
    fmt::print("\n");
    const Json& body = member_of(half, "body");
    const std::int64_t bytes = number_in(body, "bytes");
    if (body.contains("base64")) {
        fmt::print("  ({} bytes, not text)\n", bytes);
    } else {
        print_lines(raw_text_in(body, "text"), "  ");
    }
    if (body.value("dropped", false)) {
        fmt::print("  ({} bytes, not recorded)\n", bytes);
    } else if (body.value("cut", false)) {
        fmt::print("  (... of {} bytes)\n", bytes);
    }
    if (bytes != 0) {
        fmt::print("\n");
    }
}

void print_whole(const Json& one) {
    fmt::print("{}", table({row_of(one)}, 0));
    fmt::print("{}\n", printable(text_in(one, "url")));
    std::string times;
    for (const auto& [name, key] : {std::pair("first byte", "first_byte_ms"), std::pair("end", "end_ms")}) {
        if (const std::string time = ms_text(one, key); !time.empty()) {
            times += fmt::format("{} {} after {}", times.empty() ? ";" : ",", name, time);
        }
    }
    fmt::print("from {} to {} ({}){}\n\n", printable(text_in(one, "visitor")), printable(text_in(one, "service")),
               printable(text_in(one, "backend")), times);
    if (one.contains("request")) {
        print_half(member_of(one, "request"), ">");
    }
    if (one.contains("answer")) {
        print_half(member_of(one, "answer"), "<");
    }
    if (const std::int64_t older = number_in(one, "messages_left_off"); older != 0) {
        fmt::print("({} older messages were dropped)\n", older);
    }
    for (const Json& message : member_of(one, "messages")) {
        fmt::print("{} {} {}, {} bytes{}\n", text_in(message, "from") == "visitor" ? ">" : "<", ms_text(message, "ms"),
                   text_in(message, "kind"), number_in(message, "bytes"),
                   message.value("compressed", false) ? ", compressed" : "");
        print_lines(raw_text_in(message, "text"), "    ");
    }
}

void print_difference(const Json& half, const char* name) {
    const Json& line = member_of(half, "line");
    const Json& fields = member_of(half, "fields");
    const Json& body = member_of(half, "body");
    if (!line.is_array() && fields.empty() && body.empty()) {
        fmt::print("{}: the same\n", name);
        return;
    }
    fmt::print("{}:\n", name);
    if (line.is_array() && line.size() == 2) {
        fmt::print("-{}\n+{}\n", printable(line[0].get<std::string>()), printable(line[1].get<std::string>()));
    }
    for (const Json& field : fields) {
        const std::string title = printable(text_in(field, "name"));
        for (const auto& [key, mark] : {std::pair{"a", '-'}, std::pair{"b", '+'}}) {
            if (const std::string value = text_in(field, key); !value.empty()) {
                fmt::print("{}{}: {}\n", mark, title, printable(value));
            }
        }
    }
    for (const Json& one : body) {
        if (one.is_string()) {
            fmt::print("{}\n", printable_lines(one.get<std::string>()));
        }
    }
}

// Reads the words of a command below `inspect`. Empty if they contain --help.
std::optional<Options> read(const CommandInfo& info, std::vector<std::string> words, bool wants_operand = true) {
    Problems problems;
    Options options(info);
    if (!parse_or_help(options, std::move(words), problems)) {
        return std::nullopt;
    }
    if (wants_operand && !options.operand()) {
        problems.add(info.operand, "missing: the number of an exchange, as `ferrotunnel inspect` lists them");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "inspect"};
    }
    return options;
}

Control client_of(const Options& options) {
    return Control(selected_program(options, "client").path);
}

bool wants_json(const Options& options) {
    Problems ignored;
    return options.flag("json", ignored);
}

ExitCode show(std::vector<std::string> words) {
    if (const auto options = read(show_info(), std::move(words))) {
        const std::string answer = client_of(*options).ask("GET", exchanges + ('/' + encoded(*options->operand())));
        if (wants_json(*options)) {
            fmt::print("{}", answer);
        } else {
            print_whole(Json::parse(answer, nullptr, false));
        }
    }
    return ExitCode::ok;
}

ExitCode curl(std::vector<std::string> words) {
    if (const auto options = read(curl_info(), std::move(words))) {
        const Json answer = asked(client_of(*options), "GET", '/' + encoded(*options->operand()) + "/curl");
        fmt::print("{}\n", printable_lines(raw_text_in(answer, "curl")));
        if (answer.value("masked", false)) {
            print_error("secrets are masked: replace each *** before you run it\n");
        }
    }
    return ExitCode::ok;
}

std::string body_in(const std::string& text) {
    if (!text.starts_with('@')) {
        return text;
    }
    std::ifstream file(text.substr(1), std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read the body from " + text.substr(1));
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string edits_in(const Options& options) {
    Json edits = Json::object();
    for (const char* name : {"method", "target"}) {
        if (const auto value = options.text(name)) {
            edits[name] = *value;
        }
    }
    for (const std::string& header : options.list("header")) {
        const std::size_t colon = header.find(':');
        const std::size_t value = header.find_first_not_of(" \t", std::min(colon, header.size() - 1) + 1);
        if (colon == std::string::npos || colon == 0) {
            Problems problems;
            problems.add("--header " + header, "expected a name and a value, like 'X-Debug: 1'");
            throw UsageError{std::move(problems), "inspect"};
        }
        edits["headers"][header.substr(0, colon)] = value == std::string::npos ? Json() : Json(header.substr(value));
    }
    if (const auto body = options.text("body")) {
        edits["body"] = body_in(*body);
    }
    return edits.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Returns the exchange once it is over.
std::string when_over(const Control& control, const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + replay_patience;
    for (;;) {
        try {
            std::string answer = control.ask("GET", exchanges + ('/' + id));
            if (text_in(Json::parse(answer, nullptr, false), "state") != "under_way") {
                return answer;
            }
        } catch (const control_error& error) {
            if (error.status() != 404) {
                throw;
            }
        }
        if (std::chrono::steady_clock::now() > until) {
            throw std::runtime_error(
                fmt::format("exchange {} has not ended yet; `ferrotunnel inspect show {}` shows its state", id, id));
        }
        std::this_thread::sleep_for(20ms);
    }
}

ExitCode replay(std::vector<std::string> words) {
    const auto options = read(replay_info(), std::move(words));
    if (!options) {
        return ExitCode::ok;
    }
    const Control control = client_of(*options);
    const Json begun = asked(control, "POST", '/' + encoded(*options->operand()) + "/replay", edits_in(*options));
    const std::string answer = when_over(control, std::to_string(number_in(begun, "id")));
    const Json one = Json::parse(answer, nullptr, false);
    if (wants_json(*options)) {
        fmt::print("{}", answer);
    } else {
        print_whole(one);
    }
    return text_in(one, "state") == "complete" ? ExitCode::ok : ExitCode::failure;
}

ExitCode diff(std::vector<std::string> words) {
    // People write "diff 17 18".
    if (words.size() >= 2 && !words[0].starts_with('-') && !words[1].starts_with('-')) {
        words[0] += ',' + words[1];
        words.erase(words.begin() + 1);
    }
    const auto options = read(diff_info(), std::move(words));
    if (!options) {
        return ExitCode::ok;
    }
    const std::string& both = *options->operand();
    const std::size_t comma = both.find(',');
    if (comma == std::string::npos) {
        Problems problems;
        problems.add(both, "expected two exchanges, like 17,18");
        throw UsageError{std::move(problems), "inspect"};
    }
    const std::string answer = client_of(*options).ask(
        "GET",
        fmt::format("{}/{}/diff/{}", exchanges, encoded(both.substr(0, comma)), encoded(both.substr(comma + 1))));
    if (wants_json(*options)) {
        fmt::print("{}", answer);
        return ExitCode::ok;
    }
    const Json json = Json::parse(answer, nullptr, false);
    print_difference(member_of(json, "request"), "request");
    print_difference(member_of(json, "answer"), "response");
    return ExitCode::ok;
}

ExitCode har(std::vector<std::string> words) {
    if (const auto options = read(har_info(), std::move(words), false)) {
        fmt::print("{}", client_of(*options).ask("GET", exchanges + (".har" + query_of(*options))));
    }
    return ExitCode::ok;
}

ExitCode list(const Options& options) {
    const std::string answer = client_of(options).ask("GET", exchanges + query_of(options));
    if (wants_json(options)) {
        fmt::print("{}", answer);
        return ExitCode::ok;
    }
    const Json json = Json::parse(answer, nullptr, false);
    std::vector<std::vector<std::string>> rows;
    for (const Json& one : member_of(json, "exchanges")) {
        rows.push_back(row_of(one));
    }
    if (rows.empty()) {
        fmt::print("nothing was recorded{}\n", query_of(options).empty() ? " yet" : " that matches");
        return ExitCode::ok;
    }
    fmt::print("{}", table(rows, 0));
    if (json.value("more", false)) {
        fmt::print("... and older ones (--limit)\n");
    }
    if (const auto passed_over = json.value("passed_over", std::uint64_t{0}); passed_over > 0) {
        fmt::print("{} {} not recorded: they arrived too fast\n", passed_over, passed_over == 1 ? "was" : "were");
    }
    return ExitCode::ok;
}

}  // namespace

const CommandInfo& inspect_info() {
    static const CommandInfo info{
        "inspect",
        "list recorded requests of a client; show, replay or compare them",
        "[show|curl|replay|diff|har]",
        "  ferrotunnel inspect                         # the newest first\n"
        "  ferrotunnel inspect --status 5xx --text order\n"
        "  ferrotunnel inspect show 17                 # headers, bodies, messages\n"
        "  ferrotunnel inspect replay 17               # `ferrotunnel inspect replay --help`: edit it\n"
        "  ferrotunnel inspect diff 17,18\n"
        "  ferrotunnel inspect curl 17\n"
        "  ferrotunnel inspect har > all.har\n"
        "The client records with --inspect on, which is the default at a terminal without a file.\n",
        {filter_section(), {"Options", {json_option}}, target_section()},
        CommandInfo::Kind::ask,
        ValueKind::other,
        {show_info, curl_info, replay_info, diff_info, har_info},
    };
    return info;
}

ExitCode run_inspect(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    struct Below {
        const char* name;
        ExitCode (*run)(std::vector<std::string>);
    };
    static constexpr Below below[] = {{"show", show}, {"curl", curl}, {"replay", replay}, {"diff", diff}, {"har", har}};
    for (const Below& one : below) {
        if (!words.empty() && words.front() == one.name) {
            words.erase(words.begin());
            return one.run(std::move(words));
        }
    }
    const auto options = read(inspect_info(), std::move(words), false);
    if (!options) {
        return ExitCode::ok;
    }
    if (options->operand()) {
        Problems problems;
        problems.add(*options->operand(), "no such command of `inspect`: expected show, curl, replay, diff or har");
        throw UsageError{std::move(problems), "inspect"};
    }
    return list(*options);
}

}  // namespace ferrotunnel::cli
