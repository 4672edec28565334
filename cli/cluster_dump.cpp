#include "cluster_dump.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

#include "control_targets.hpp"
#include "help.hpp"
#include "new_file.hpp"
#include "printable.hpp"
#include "problems.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

// The first line of a dump; a line for each value follows.
constexpr const char* dump_head = R"({"ferrotunnel": "cluster export", "version": 1})";
constexpr std::size_t line_max = 32 << 10;     // a value of 12 KiB, sealed and in base64
constexpr std::size_t request_max = 48 << 10;  // below what a control socket accepts

struct Restored {
    std::int64_t restored = 0;
    std::int64_t ended = 0;
    std::int64_t refused = 0;

    void add(const Json& answer) {
        restored += number_in(answer, "restored");
        ended += number_in(answer, "ended");
        refused += number_in(answer, "refused");
    }
};

void send(const Control& control, std::string& batch, Restored& sum) {
    if (!batch.empty()) {
        sum.add(Json::parse(control.cluster_restore("{\"values\":[" + batch + "]}"), nullptr, false));
        batch.clear();
    }
}

Restored restore_from(const Control& control, std::istream& file, const std::string& path) {
    std::string line;
    if (!std::getline(file, line) || line != dump_head) {
        throw std::runtime_error(printable(path) + " is not a file of `ferrotunnel cluster export`");
    }
    Restored sum;
    std::string batch;
    for (std::size_t number = 2; std::getline(file, line); ++number) {
        if (line.size() > line_max || !Json::parse(line, nullptr, false).is_object()) {
            throw std::runtime_error(fmt::format("{}:{}: is not a value of a dump; {} values before it were restored",
                                                 printable(path), number, sum.restored));
        }
        if (batch.size() + line.size() > request_max) {
            send(control, batch, sum);
        }
        batch += (batch.empty() ? "" : ",") + line;
    }
    send(control, batch, sum);
    return sum;
}

}  // namespace

const CommandInfo& cluster_export_info() {
    static const CommandInfo info{
        "cluster export",
        "write what the servers of a cluster share to a file, as a backup",
        "FILE",
        "  ferrotunnel cluster export cluster.backup     # a new file\n"
        "Tokens of `ferrotunnel tokens add`, removed tokens, kicks, and certificates of `acme`. The file is\n"
        "sealed by the cluster's key: keep cluster.key as well, elsewhere. Not in it: names of clients, which\n"
        "come with them, and each server's configuration and state folder.\n",
        {target_section()},
        CommandInfo::Kind::ask,
        ValueKind::file,
    };
    return info;
}

const CommandInfo& cluster_import_info() {
    static const CommandInfo info{
        "cluster import",
        "restore what `ferrotunnel cluster export` has written",
        "FILE",
        "  ferrotunnel cluster import cluster.backup     # at one of the servers\n"
        "What the file has is then so at all servers, also what was changed or removed since. What the file\n"
        "does not have stays as it is. The servers need the key that the file was sealed by.\n",
        {target_section()},
        CommandInfo::Kind::ask,
        ValueKind::file,
    };
    return info;
}

namespace {

// Empty if the words request help.
std::optional<Options> read_file_name(const CommandInfo& info, std::vector<std::string> words) {
    Problems problems;
    Options options(info);
    if (!parse_or_help(options, std::move(words), problems)) {
        return std::nullopt;
    }
    if (!options.operand()) {
        problems.add("FILE", "missing: the file of the backup");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), info.name};
    }
    return options;
}

}  // namespace

ExitCode run_cluster_export(std::vector<std::string> words) {
    const auto options = read_file_name(cluster_export_info(), std::move(words));
    if (!options) {
        return ExitCode::ok;
    }
    const std::string& path = *options->operand();
    if (is_there(path)) {
        fail_usage("cluster export", path, "already exists; nothing was written");
    }
    const Control control(selected_program(*options, "server").path);
    std::string text = std::string(dump_head) + '\n';
    std::size_t values = 0;
    for (std::string after;;) {
        const Json page = Json::parse(control.cluster_values(after), nullptr, false);
        for (const Json& value : member_of(page, "values")) {
            text += value.dump() + '\n';
            ++values;
        }
        after = raw_text_in(page, "next");
        if (after.empty()) {
            break;
        }
    }
    write_new(path, text, 0600);
    fmt::print("wrote {} with {} value{}, sealed by the cluster's key\n", printable(path), values,
               values == 1 ? "" : "s");
    return ExitCode::ok;
}

ExitCode run_cluster_import(std::vector<std::string> words) {
    const auto options = read_file_name(cluster_import_info(), std::move(words));
    if (!options) {
        return ExitCode::ok;
    }
    const std::string& path = *options->operand();
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot read " + printable(path));
    }
    const Control control(selected_program(*options, "server").path);
    const Restored sum = restore_from(control, file, path);
    fmt::print("{} restored, {} had ended\n", sum.restored, sum.ended);
    if (sum.refused != 0) {
        throw std::runtime_error(
            fmt::format("{} values were not restored: they were sealed by another key of a cluster, "
                        "were altered, or there is no room",
                        sum.refused));
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
