// `ferrotunnel version`: the program's version, the age of its OpenSSL, its libraries and their licences.
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "commands.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "library_rows.hpp"
#include "licences.hpp"
#include "release_age.hpp"

namespace ferrotunnel::cli {

namespace {

#ifdef FERROTUNNEL_STATIC
constexpr bool has_openssl_inside = true;
#else
constexpr bool has_openssl_inside = false;
#endif
constexpr int old_after_days = 180;

// The library that is loaded, which may be newer than the one that the program was built with.
void print_openssl() {
    const std::string text = OpenSSL_version(OPENSSL_VERSION);
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const std::optional<int> age = release_age(text, today);
    fmt::print("{}{}\n", text, age ? fmt::format(" ({} days old)", *age) : "");
    if (has_openssl_inside && age && *age > old_after_days) {
        fmt::print("OpenSSL is part of this program: a newer FerroTunnel has a newer OpenSSL.\n");
    }
}

void print_libraries() {
    for (const LibraryRow& row : library_rows) {
        fmt::print("{:<18}  {:<26}  {}\n", row.name, *row.version != 0 ? row.version : "unknown", row.licence);
    }
}

}  // namespace

const CommandInfo& version_info() {
    static const CommandInfo info{
        "version",
        "print the version and the age of OpenSSL; with --libraries, all libraries",
        "",
        "  ferrotunnel version\n"
        "  ferrotunnel version --libraries     # name, version and licence of each library\n"
        "  ferrotunnel version --licenses      # the texts, of FerroTunnel and of what is inside the program\n"
        "The first line has the program's version; `ferrotunnel --version` prints only this line. The second\n"
        "has the version of the loaded OpenSSL, with the time since its release. Versions of libraries are\n"
        "those of the Debian packages that the program was built with, as security advisories name them.\n",
        {{"Version",
          {{"libraries", "", "List the libraries that the program was built with"},
           {"licenses", "", "Print the licences of FerroTunnel and of the libraries inside the program"}}}},
        CommandInfo::Kind::print,
    };
    return info;
}

ExitCode run_version(Arguments arguments) {
    Problems problems;
    Options options(version_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const bool lists = options.flag("libraries", problems);
    const bool prints_licences = options.flag("licenses", problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "version"};
    }
    if (prints_licences) {
        fmt::print("{}", licences);
        return ExitCode::ok;
    }
    fmt::print("ferrotunnel {}\n", version_string);
    print_openssl();
    if (lists) {
        print_libraries();
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
