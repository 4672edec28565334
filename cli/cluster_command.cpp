#include "cluster_command.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cluster_dump.hpp"
#include "cluster_text.hpp"
#include "control_targets.hpp"
#include "ferrotunnel/detail/cluster_key_file.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "help.hpp"
#include "new_file.hpp"
#include "printable.hpp"
#include "problems.hpp"
#include "shell_word.hpp"

namespace ferrotunnel::cli {
namespace {

using detail::ClusterKeyFile;
using detail::ClusterKeyStep;

const CommandInfo& cluster_key_info() {
    static const CommandInfo info{
        "cluster key",
        "make the key that the members of a cluster share, or replace it",
        "FILE",
        "  ferrotunnel cluster key cluster.key            # a new file; copy it to every member\n"
        "  ferrotunnel cluster key --rotate cluster.key   # then --switch, then --finish\n"
        "The key is replaced in three steps. After each one copy the file to every member and reload it, and\n"
        "begin the next one only when all have it: members that are one step apart still connect.\n"
        "A member with the key can be any other member. If it was stolen, do not wait: make a new file, and\n"
        "restart all members with it. The file must be accessible to its owner only.\n",
        {{"Steps of a replacement",
          {{"rotate", "", "First step: add a new key; the old one is still used to dial (old, new)"},
           {"switch", "", "Second step: dial with the new key; the old one is still accepted (new, old)"},
           {"finish", "", "Third step: remove the old key (new)"}}}},
        CommandInfo::Kind::key_file,
        ValueKind::file,
    };
    return info;
}

const CommandInfo& cluster_status_info() {
    static const CommandInfo info{
        "cluster status",
        "show which members of a cluster are linked, and why others are not",
        "",
        "  ferrotunnel cluster status\n"
        "The table has for each other member since when it is linked or not, the open connections for\n"
        "visitors, the visitors that are forwarded now and were forwarded to it in all, the names that its\n"
        "clients have, and the round trip.\n",
        {{"Options", {{"json", "", "Print the answer as JSON"}}}, target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& cluster_forget_info() {
    static const CommandInfo info{
        "cluster forget",
        "end the claims of a member that does not return",
        "MEMBER",
        "  ferrotunnel cluster forget c          # at each of the other members\n"
        "Its clients keep their hosts and ports when they have connected to another member, without this. But\n"
        "what they do not use any more stays theirs as long as the member may return. After this it is\n"
        "reserved for their tokens for 24 h (hosts) or 60 s (ports). A linked member cannot be forgotten.\n",
        {target_section()},
        CommandInfo::Kind::ask,
        ValueKind::other,
    };
    return info;
}

struct KeyStepOption {
    const char* name;
    ClusterKeyStep step;
    const char* next;  // what to do after it, once all members have the file
};

constexpr KeyStepOption key_steps[] = {
    {"rotate", ClusterKeyStep::add, "--switch"},
    {"switch", ClusterKeyStep::change, "--finish"},
    {"finish", ClusterKeyStep::finish, ""},
};

// The one that was given; null if none was.
const KeyStepOption* chosen_step(const Options& options, Problems& problems) {
    const KeyStepOption* chosen = nullptr;
    for (const KeyStepOption& each : key_steps) {
        if (!options.flag(each.name, problems)) {
            continue;
        }
        if (chosen != nullptr) {
            problems.add(options.place_of(each.name),
                         fmt::format("is another step than {}: make one at a time", options.place_of(chosen->name)));
        }
        chosen = &each;
    }
    return chosen;
}

void make_key_file(const std::string& path) {
    const ClusterKeyFile made = detail::new_cluster_key_file();
    if (is_there(path)) {
        fail_usage("cluster key", path, "already exists; nothing was written. --rotate begins to replace its key");
    }
    write_new(path, made.text.reveal(), 0600);
    fmt::print("wrote {} with {}; it is secret. Copy it to every member of the cluster\n", printable(path), made.first);
}

// Under the name that a link leads to, with the owner of the file before.
void rewrite_key_file(const std::string& path, const Secret& text) {
    const std::filesystem::path target = std::filesystem::canonical(path);
    struct stat before {};
    if (::stat(target.c_str(), &before) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot read " + target.string());
    }
    const detail::WholeFile how{.mode = 0600, .owner = before.st_uid, .group = before.st_gid};
    if (const std::error_code error = detail::write_whole_file(target, text.reveal(), how)) {
        throw std::system_error(error, "cannot write " + target.string());
    }
}

void step_key_file(const std::string& path, const KeyStepOption& step) {
    const ClusterKeyFile next = detail::next_cluster_key_file(path, step.step);
    rewrite_key_file(path, next.text);
    fmt::print("wrote {}: {} is used to dial, {}\n", printable(path), next.first,
               next.second.empty() ? "and no other is accepted" : next.second + " is accepted too");
    fmt::print("copy it to every member and reload them{}\n",
               *step.next == '\0'
                   ? std::string("; the old key is then useless")
                   : fmt::format(", then: ferrotunnel cluster key {} {}", step.next, in_shell(printable(path))));
}

ExitCode run_cluster_key(std::vector<std::string> words) {
    Problems problems;
    Options options(cluster_key_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    const KeyStepOption* const step = chosen_step(options, problems);
    if (!options.operand()) {
        problems.add("FILE", "missing: the file for the key");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "cluster key"};
    }
    if (step == nullptr) {
        make_key_file(*options.operand());
    } else {
        step_key_file(*options.operand(), *step);
    }
    return ExitCode::ok;
}

// The options of a command about a running server. Empty if the words request help.
std::optional<Options> read_cluster(const CommandInfo& info, std::vector<std::string> words) {
    Problems problems;
    Options options(info);
    if (!parse_or_help(options, std::move(words), problems)) {
        return std::nullopt;
    }
    if (!info.operand.empty() && !options.operand()) {
        problems.add(info.operand, "missing: the name of another member");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), info.name};
    }
    return options;
}

ExitCode run_cluster_status(std::vector<std::string> words) {
    if (const auto options = read_cluster(cluster_status_info(), std::move(words))) {
        Problems ignored;
        const std::string answer = Control(selected_program(*options, "server").path).cluster();
        fmt::print("{}", options->flag("json", ignored) ? answer : cluster_text(Json::parse(answer, nullptr, false)));
    }
    return ExitCode::ok;
}

ExitCode run_cluster_forget(std::vector<std::string> words) {
    if (const auto options = read_cluster(cluster_forget_info(), std::move(words))) {
        const std::string& member = *options->operand();
        (void)Control(selected_program(*options, "server").path).cluster_forget(member);
        fmt::print("{} is forgotten here; the other members need the same command\n", printable(member));
    }
    return ExitCode::ok;
}

struct ClusterCommand {
    std::string_view word;
    ExitCode (*run)(std::vector<std::string> words);
};

constexpr ClusterCommand commands_below_cluster[] = {
    {"key", run_cluster_key},       {"status", run_cluster_status}, {"forget", run_cluster_forget},
    {"export", run_cluster_export}, {"import", run_cluster_import},
};

}  // namespace

const CommandInfo& cluster_info() {
    static const CommandInfo info{
        "cluster",
        "several servers behind one name: their key, their state",
        "[key|status|forget|export|import]",
        "  ferrotunnel cluster key cluster.key    # the file of `server.cluster.key`, for every member\n"
        "  ferrotunnel cluster key --help         # how a key is replaced\n"
        "  ferrotunnel cluster status             # which members are linked\n"
        "  ferrotunnel cluster forget c           # a member that does not return\n"
        "  ferrotunnel cluster export FILE        # a backup of what the members share; `import` restores it\n"
        "A server is a member of a cluster if its configuration file has `server.cluster`.\n",
        {},
        CommandInfo::Kind::ask,
        ValueKind::other,
        {cluster_key_info, cluster_status_info, cluster_forget_info, cluster_export_info, cluster_import_info},
    };
    return info;
}

ExitCode run_cluster(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    for (const ClusterCommand& command : commands_below_cluster) {
        if (!words.empty() && words.front() == command.word) {
            words.erase(words.begin());
            return command.run(std::move(words));
        }
    }
    if (print_help_if_requested(cluster_info(), words)) {
        return ExitCode::ok;
    }
    if (words.empty()) {
        fail_usage("cluster", "cluster", "needs a command: key, status, forget, export or import");
    }
    const std::vector<std::string> known{"key", "status", "forget", "export", "import"};
    fail_usage("cluster", words.front(), "no such command of `cluster`" + detail::did_you_mean(words.front(), known));
}

}  // namespace ferrotunnel::cli
