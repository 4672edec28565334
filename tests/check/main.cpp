// source_check layers|style ROOT: prints what is wrong with the sources; the exit code says whether anything is.
// source_check sans-io-headers|asio-headers ROOT: prints headers, a line each; headers.sh compiles them.
#include <cstdio>
#include <exception>
#include <string>

#include "checks.hpp"

namespace {

int report(const std::string& name, const check::Findings& findings) {
    for (const std::string& finding : findings) {
        std::printf("%s\n", finding.c_str());
    }
    const std::string summary = findings.empty() ? "clean" : std::to_string(findings.size()) + " finding(s)";
    std::printf("%s: %s\n", name.c_str(), summary.c_str());
    return findings.empty() ? 0 : 1;
}

int run(const std::string& command, const std::filesystem::path& root) {
    if (command == "layers") {
        return report(command, check::check_layers(root));
    }
    if (command == "style") {
        return report(command, check::check_style(root));
    }
    if (command == "sans-io-headers" || command == "asio-headers") {
        for (const std::string& header : check::headers(root, command == "asio-headers")) {
            std::printf("%s\n", header.c_str());
        }
        return 0;
    }
    std::fprintf(stderr, "source_check: unknown command %s\n", command.c_str());
    return 2;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: source_check layers|style|sans-io-headers|asio-headers ROOT\n");
        return 2;
    }
    try {
        return run(arguments[1], arguments[2]);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "source_check: %s\n", failure.what());
        return 2;
    }
}
