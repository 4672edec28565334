// Runs every file of the given directories through a fuzz target once, with any compiler. An empty or missing directory
// is a failure: a corpus that got lost must not look like a corpus that passed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (fs::recursive_directory_iterator it(directory, ignored), end; it != end; it.increment(ignored)) {
        if (it->is_regular_file()) {
            files.push_back(it->path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    // The name is printed before the run, so that a crash tells its input.
    std::printf("%s (%zu bytes)\n", file.c_str(), bytes.size());
    std::fflush(stdout);
    // A copy that ends where the input ends: AddressSanitizer then sees a read beyond it.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; ++i) {
        const auto files = files_in(argv[i]);
        if (files.empty()) {
            std::fprintf(stderr, "%s: no inputs there\n", argv[i]);
            return 1;
        }
        for (const auto& file : files) {
            replay(file);
        }
    }
    return 0;
}
