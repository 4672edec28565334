// source_check layers|style|phrases|classes ROOT: prints what is wrong with the sources; the exit code says whether
// anything is. source_check classes ROOT --report|--update: prints the large classes; lowers the list of those that are
// too large. source_check sans-io-headers|asio-headers ROOT: prints headers, a line each; headers.sh compiles them.
#include <cstdio>
#include <exception>
#include <string>

#include "checks.hpp"

namespace {

void print(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        std::printf("%s\n", line.c_str());
    }
}

int report(const std::string& name, const check::Findings& findings) {
    print(findings);
    const std::string summary = findings.empty() ? "clean" : std::to_string(findings.size()) + " finding(s)";
    std::printf("%s: %s\n", name.c_str(), summary.c_str());
    return findings.empty() ? 0 : 1;
}

int run(const std::string& command, const std::filesystem::path& root, const std::string& option) {
    if (command == "classes" && option == "--report") {
        print(check::report_classes(root));
        return 0;
    }
    if (command == "classes" && option == "--update") {
        check::update_class_list(root);
        return 0;
    }
    if (!option.empty()) {
        std::fprintf(stderr, "source_check: unknown option %s\n", option.c_str());
        return 2;
    }
    if (command == "classes") {
        return report(command, check::check_classes(root));
    }
    if (command == "layers") {
        return report(command, check::check_layers(root));
    }
    if (command == "phrases") {
        return report(command, check::check_phrases(root));
    }
    if (command == "style") {
        return report(command, check::check_style(root));
    }
    if (command == "sans-io-headers" || command == "asio-headers") {
        print(check::headers(root, command == "asio-headers"));
        return 0;
    }
    std::fprintf(stderr, "source_check: unknown command %s\n", command.c_str());
    return 2;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3 && count != 4) {
        std::fprintf(stderr,
                     "usage: source_check layers|style|phrases|classes|sans-io-headers|asio-headers ROOT [OPTION]\n");
        return 2;
    }
    try {
        return run(arguments[1], arguments[2], count == 4 ? arguments[3] : "");
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "source_check: %s\n", failure.what());
        return 2;
    }
}
