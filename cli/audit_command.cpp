#include "audit_command.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "ferrotunnel/audit_log.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {
namespace {

const CommandInfo& audit_verify_info() {
    static const CommandInfo info{
        "audit verify",
        "check the chain of an audit log",
        "FILE...",
        "  ferrotunnel audit verify /var/log/ferrotunnel/audit.log*          # with the rotated files\n"
        "  ferrotunnel audit verify --head 1042:9f86d081... audit.log*\n"
        "Each line has a number and the SHA-256 of the line before. Reported are lines that were changed,\n"
        "removed, inserted or moved. The files may be in any order, and compressed by gzip.\n"
        "The last lines of a log are covered only by a head that was kept elsewhere: lines removed from the\n"
        "end, and a chain that was written again from some line on, are found with --head.\n",
        {{"Options",
          {{"head",
            "SEQ:HASH",
            "A line that the log must have, as `ferrotunnel audit head` printed it",
            "",
            false,
            0,
            ValueKind::other,
            {},
            false}}}},
        CommandInfo::Kind::audit,
        ValueKind::file,
    };
    return info;
}

const CommandInfo& audit_head_info() {
    static const CommandInfo info{
        "audit head",
        "print the number and the hash of the last line of an audit log",
        "FILE",
        "  ferrotunnel audit head /var/log/ferrotunnel/audit.log             # 1042:9f86d081...\n"
        "Keep it where the machine of the log cannot change it, such as another machine or paper. With\n"
        "`audit verify --head` it proves later that the log up to this line is what it was.\n"
        "`ferrotunnel status --json` of a running server has it, too (audit).\n",
        {},
        CommandInfo::Kind::audit,
        ValueKind::file,
    };
    return info;
}

// "1042:9f86d081..."
std::optional<AuditHead> read_head(std::string_view text) {
    constexpr std::size_t digits = 64;
    AuditHead head;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head.sequence);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || head.sequence == 0 || text.size() != length + 1 + digits || text[length] != ':') {
        return std::nullopt;
    }
    head.hash = text.substr(length + 1);
    const bool is_hash = head.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_hash ? std::optional(head) : std::nullopt;
}

// Removes the words that are files.
std::vector<std::string> take_files(std::vector<std::string>& words) {
    std::vector<std::string> files;
    std::vector<std::string> others;
    bool is_value = false;
    for (std::string& word : words) {
        const bool is_option = word.starts_with('-') && word.size() > 1;
        (is_option || is_value ? others : files).push_back(word);
        is_value = word == "--head";
    }
    words = std::move(others);
    return files;
}

ExitCode run_audit_verify(std::vector<std::string> words) {
    Problems problems;
    if (print_help_if_requested(audit_verify_info(), words)) {
        return ExitCode::ok;
    }
    const std::vector<std::string> files = take_files(words);
    Options options(audit_verify_info());
    options.parse(std::move(words), problems);
    std::optional<AuditHead> known;
    if (const auto text = options.text("head")) {
        known = read_head(*text);
        if (!known) {
            problems.add(options.place_of("head"),
                         "is not a valid SEQ:HASH: expected a number and 64 hexadecimal digits, as `ferrotunnel audit "
                         "head` prints");
        }
    }
    if (files.empty()) {
        problems.add("FILE", "missing: the audit log, with its rotated files");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "audit verify"};
    }
    AuditReport report;
    try {
        report = verify_audit_log(files, known);
    } catch (const std::system_error& error) {
        fail_usage("audit verify", "FILE", error.what());
    }
    for (const std::string& note : report.notes) {
        fmt::print("note: {}\n", printable(note));
    }
    for (const std::string& fault : report.faults) {
        fmt::print("broken: {}\n", printable(fault));
    }
    const std::string lines = fmt::format("{} line{}", report.lines, report.lines == 1 ? "" : "s");
    if (!report.ok()) {
        fmt::print("the chain is broken ({} read)\n", lines);
        return ExitCode::failure;
    }
    fmt::print("the chain is intact: {}, the last one is {}:{}\n", lines, report.head->sequence, report.head->hash);
    return ExitCode::ok;
}

ExitCode run_audit_head(std::vector<std::string> words) {
    Problems problems;
    Options options(audit_head_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("FILE", "missing: the audit log");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "audit head"};
    }
    std::optional<AuditHead> head;
    try {
        head = audit_head(*options.operand());
    } catch (const std::system_error& error) {
        fail_usage("audit head", *options.operand(), error.what());
    }
    if (!head) {
        throw std::runtime_error(printable(*options.operand()) + " contains no audit log lines");
    }
    fmt::print("{}:{}\n", head->sequence, head->hash);
    return ExitCode::ok;
}

}  // namespace

const CommandInfo& audit_info() {
    static const CommandInfo info{
        "audit",
        "check the audit log of a server",
        "[verify|head]",
        "  ferrotunnel audit verify audit.log audit.log.1 audit.log.2.gz\n"
        "  ferrotunnel audit head audit.log       # to be kept elsewhere\n"
        "A server writes an audit log with --audit-log FILE (`server.audit_log`): logins, services, acts of\n"
        "administrators and changes of the configuration, one JSON object a line, chained by hashes.\n",
        {},
        CommandInfo::Kind::audit,
        ValueKind::other,
        {audit_verify_info, audit_head_info},
    };
    return info;
}

ExitCode run_audit(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    const std::string word = words.empty() ? "" : words.front();
    if (word == "verify" || word == "head") {
        words.erase(words.begin());
        return word == "verify" ? run_audit_verify(std::move(words)) : run_audit_head(std::move(words));
    }
    if (print_help_if_requested(audit_info(), words)) {
        return ExitCode::ok;
    }
    if (words.empty()) {
        fail_usage("audit", "audit", "needs a command: verify or head");
    }
    const std::vector<std::string> known{"verify", "head"};
    fail_usage("audit", word, "no such command of `audit`" + detail::did_you_mean(word, known));
}

}  // namespace ferrotunnel::cli
