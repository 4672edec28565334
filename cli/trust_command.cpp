// `ferrotunnel trust`: makes this machine trust the CA of `server --https-self`, and takes that back.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "control_targets.hpp"
#include "ferrotunnel/control.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "shell_word.hpp"
#include "trust_store.hpp"
#include "trusted_ca.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t ca_bytes_max = 64 * 1'024;

struct ChosenCa {
    TrustedCa ca{};
    std::string file{};
};

// Of --ca, or of the running server.
ChosenCa chosen_ca(const Options& options) {
    ChosenCa chosen;
    std::string pem;
    if (const auto file = options.text("ca")) {
        chosen.file = *file;
        pem = read_bounded(*file, ca_bytes_max);
    } else {
        const Control server(selected_program(options, "server").path);
        const auto answer = nlohmann::json::parse(server.own_authority(), nullptr, false);
        chosen.file = answer.is_object() ? answer.value("file", std::string()) : std::string();
        pem = answer.is_object() ? answer.value("certificate", std::string()) : std::string();
    }
    try {
        chosen.ca = read_trusted_ca(pem);
    } catch (const std::runtime_error& problem) {
        throw std::runtime_error(printable(chosen.file) + " " + problem.what());
    }
    return chosen;
}

std::string joined_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

void print_ca(const TrustedCa& ca) {
    fmt::print("{}, until {}\n  SHA-256 {}\n  only for {}\n", ca.name, ca.end, ca.fingerprint,
               joined_names(ca.allowed));
    if (!ca.excluded.empty()) {
        fmt::print("  but not for {}\n", joined_names(ca.excluded));
    }
}

// `file` must be readable for them.
void print_browsers(const TrustedCa& ca, const std::string& file) {
    fmt::print(
        "Browsers with a store of their own (Chrome and Chromium; Firefox with -d sql:PROFILE_FOLDER), as their\n"
        "user, with certutil of the package libnss3-tools or nss-tools:\n"
        "  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n {} -i {}\n",
        in_shell(ca.name), in_shell(printable(file)));
}

[[noreturn]] void refuse_system(const std::string& file) {
    throw std::runtime_error(
        "this system keeps its CAs neither as Debian nor as Fedora. Add " + printable(file) +
        " by hand: to the list of your system, or for one program with `curl --cacert`, SSL_CERT_FILE or "
        "NODE_EXTRA_CA_CERTS");
}

void require_root(std::string_view what) {
    if (::geteuid() != 0) {
        throw std::runtime_error(fmt::format("changing the system's CAs needs root: sudo ferrotunnel trust {}", what));
    }
}

// Writes the file of a CA, and makes the system's list. After a failure the file is not there, unless it was before.
void add_to_list(const TrustStore& store, const TrustedCa& ca) {
    const std::string file = file_in(store, ca);
    const bool was_there = ::access(file.c_str(), F_OK) == 0;
    write_ca(file, ca);
    std::string fault;
    try {
        update_list(store, store.install);
        fault = is_trusted(store, ca) ? "" : fmt::format("{} has left the CA out of {}", store.program, store.bundle);
    } catch (const std::runtime_error& problem) {
        fault = problem.what();
    }
    if (fault.empty()) {
        return;
    }
    if (was_there || ::unlink(file.c_str()) != 0) {
        throw std::runtime_error(fault + ". " + file + " stays: `ferrotunnel trust remove` removes it");
    }
    try {
        update_list(store, store.remove);  // it may have links to the file
    } catch (const std::runtime_error&) {  // as before
    }
    throw std::runtime_error(fault + ". " + file + " was removed again");
}

ExitCode install_trust(const Options& options) {
    const ChosenCa chosen = chosen_ca(options);
    const std::optional<TrustStore> store = this_trust_store();
    if (!store) {
        refuse_system(chosen.file);
    }
    print_ca(chosen.ca);
    require_root("install --ca " + in_shell(printable(chosen.file)));
    const std::string file = file_in(*store, chosen.ca);
    fmt::print("writing {}, and running {}\n", file, store->program);
    std::fflush(stdout);
    add_to_list(*store, chosen.ca);
    fmt::print("programs that use {} trust it from their next start on; `ferrotunnel trust remove` takes it back\n",
               store->bundle);
    print_browsers(chosen.ca, file);
    return ExitCode::ok;
}

// Without --ca: those of all servers, also if their folders are gone.
ExitCode remove_trust(const Options& options) {
    const std::optional<TrustStore> store = this_trust_store();
    if (!store) {
        refuse_system(options.text("ca").value_or("the CA"));
    }
    const std::optional<TrustedCa> one = options.has("ca") ? std::optional(chosen_ca(options).ca) : std::nullopt;
    const std::vector<std::string> files = own_files(*store, one ? file_in(*store, *one) : std::string());
    const auto is_listed = [&] { return one ? is_trusted(*store, *one) : has_own_ca(*store); };
    if (files.empty() && !is_listed()) {  // a failed update leaves it in the list, without a file
        fmt::print("nothing to remove: {} has no such CA\n", store->folder);
        return ExitCode::ok;
    }
    require_root("remove");
    for (const std::string& file : files) {
        fmt::print("removing {}\n", file);
        if (::unlink(file.c_str()) != 0) {
            throw std::system_error(errno, std::generic_category(), "cannot remove " + file);
        }
    }
    fmt::print("running {}\n", store->program);
    std::fflush(stdout);
    update_list(*store, store->remove);
    if (is_listed()) {
        throw std::runtime_error(
            fmt::format("{} still has a CA of `ferrotunnel server --https-self`: {} has left it there, or a file of "
                        "another name in "
                        "{} has it",
                        store->bundle, store->program, store->folder));
    }
    fmt::print("browsers with a store of their own keep it until `certutil -D -n NAME`\n");
    return ExitCode::ok;
}

ExitCode print_trust(const Options& options) {
    const ChosenCa chosen = chosen_ca(options);
    const std::optional<TrustStore> store = this_trust_store();
    const bool is_there = store && is_trusted(*store, chosen.ca);
    print_ca(chosen.ca);
    if (is_there) {
        fmt::print("trusted: it is in {}\n", store->bundle);
    } else if (store) {
        fmt::print("not trusted: sudo ferrotunnel trust install --ca {}\n", in_shell(printable(chosen.file)));
    } else {
        fmt::print("unknown: this system keeps its CAs neither as Debian nor as Fedora\n");
    }
    print_browsers(chosen.ca, chosen.file);
    return is_there ? ExitCode::ok : ExitCode::failure;
}

}  // namespace

const CommandInfo& trust_info() {
    static const CommandInfo info{
        "trust",
        "trust the CA of a server with --https-self, on this machine",
        "[install|remove|status]",
        "  ferrotunnel trust                          # the running server's CA, and whether it is trusted\n"
        "  sudo ferrotunnel trust install --ca FILE   # for all programs that use the system's CAs\n"
        "  sudo ferrotunnel trust remove              # all such CAs, or that of --ca\n"
        "For Debian, Ubuntu and Fedora. Only a CA with name constraints is accepted: it can sign for its own\n"
        "hosts, and for no others. The exit code of `trust` is 1 if the CA is not trusted.\n",
        {{"Options",
          {{"ca", "FILE", "The CA's certificate, ca.pem (default: ask the server)", "", false, 0, ValueKind::file}}},
         target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

ExitCode run_trust(Arguments arguments) {
    Problems problems;
    Options options(trust_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string word = options.operand().value_or("status");
    if (word != "install" && word != "remove" && word != "status") {
        problems.add(word, "no such command of `trust`: expected install, remove or status");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "trust"};
    }
    return word == "install" ? install_trust(options) : word == "remove" ? remove_trust(options) : print_trust(options);
}

}  // namespace ferrotunnel::cli
