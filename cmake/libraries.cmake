# The libraries that the program and its plugins are built with, for `ferrotunnel version --libraries`: the version is
# that of the Debian package that the header belongs to, since advisories name packages; elsewhere what CMake has found.
# For `version --licenses` licences.cmake gets those that are inside the program.
include(${CMAKE_CURRENT_LIST_DIR}/licences.cmake)

function(ft_write_libraries target)
  find_program(FERROTUNNEL_DPKG_QUERY dpkg-query)
  mark_as_advanced(FERROTUNNEL_DPKG_QUERY)
  math(EXPR asio_major "${FERROTUNNEL_ASIO_VERSION} / 100000")
  math(EXPR asio_minor "${FERROTUNNEL_ASIO_VERSION} / 100 % 1000")
  math(EXPR asio_patch "${FERROTUNNEL_ASIO_VERSION} % 100")
  set(inside "")
  if(FERROTUNNEL_STATIC)
    list(APPEND inside "Abseil|absl/base/config.h|Apache-2.0|" "GNU C Library|features.h|LGPL-2.1-or-later|"
      "libstdc++|coroutine|GPL-3.0-or-later WITH GCC-exception-3.1|${CMAKE_CXX_COMPILER_VERSION}"
      "zstd|zstd.h|BSD-3-Clause|")
  endif()
  set(libraries ${inside}
      "Argon2|argon2.h|CC0-1.0 OR Apache-2.0|"
      "Asio|asio.hpp|BSL-1.0|${asio_major}.${asio_minor}.${asio_patch}"
      "Brotli|brotli/decode.h|MIT|"
      "CLI11|CLI/CLI.hpp|BSD-3-Clause|${CLI11_VERSION}"
      "fmt|fmt/format.h|MIT|${fmt_VERSION}"
      "libxcrypt|crypt.h|LGPL-2.1-or-later|"
      "nghttp2|nghttp2/nghttp2.h|MIT|"
      "nlohmann/json|nlohmann/json.hpp|MIT|${nlohmann_json_VERSION}"
      "OpenSSL|openssl/ssl.h|Apache-2.0|${OPENSSL_VERSION}"
      "QR-Code-generator|qrcodegen/qrcodegen.h|MIT|"
      "RE2|re2/re2.h|BSD-3-Clause|"
      "toml++|toml++/toml.h|MIT|"
      "yaml-cpp|yaml-cpp/yaml.h|MIT|${yaml-cpp_VERSION}"
      "zlib|zlib.h|Zlib|${ZLIB_VERSION_STRING}")
  set(paths "")
  foreach(library IN LISTS libraries)
    string(REPLACE "|" ";" fields "${library}")
    list(GET fields 1 header)
    find_file(path ${header} NO_CACHE HINTS ${FERROTUNNEL_ASIO_INCLUDE_DIR} ${FERROTUNNEL_RE2_INCLUDE_DIR}
      ${FERROTUNNEL_NGHTTP2_INCLUDE_DIR} ${FERROTUNNEL_BROTLI_INCLUDE_DIR} ${FERROTUNNEL_TOMLPLUSPLUS_INCLUDE_DIR}
      ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})  # where cross compilers have those of the C library
    list(APPEND paths "${path}")
    unset(path)
  endforeach()
  ft_find_packages("${paths}" packages versions)

  set(headers_only Asio CLI11 nlohmann/json toml++)  # inside the dynamically linked program too
  set(contained "")
  set(rows "")
  foreach(library path package packaged IN ZIP_LISTS libraries paths packages versions)
    string(REPLACE "|" ";" fields "${library}")
    list(GET fields 0 name)
    list(GET fields 2 licence)
    list(GET fields 3 version)
    if(NOT packaged STREQUAL "none")
      set(version "${packaged}")
    endif()
    if(NOT path)
      continue()
    endif()
    string(APPEND rows "    {\"${name}\", \"${version}\", \"${licence}\"},\n")
    if(FERROTUNNEL_STATIC OR name IN_LIST headers_only)
      list(APPEND contained "${name}|${package}|${licence}")
    endif()
  endforeach()
  file(STRINGS ${PROJECT_SOURCE_DIR}/third_party/uplot/uPlot.iife.min.js uplot LIMIT_COUNT 1)
  string(REGEX REPLACE ".*\\(v([0-9.]+)\\).*" "\\1" uplot "${uplot}")
  string(APPEND rows "    {\"uPlot\", \"${uplot}\", \"MIT\"},\n")
  set(FERROTUNNEL_LIBRARY_ROWS "${rows}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/library_rows.hpp.in ${CMAKE_CURRENT_BINARY_DIR}/made/library_rows.hpp @ONLY)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/made)
  ft_write_licences(${target} "${contained}")
endfunction()

# Sets `packages` to the name of the Debian package of each file and `versions` to its version, both "none" for a file of
# none. dpkg-query reads the lists of all packages, so it is called once for all files.
function(ft_find_packages files packages versions)
  set(installed ${files})
  list(FILTER installed INCLUDE REGEX "^/usr/")
  set(owners "")
  if(FERROTUNNEL_DPKG_QUERY AND installed)
    execute_process(COMMAND ${FERROTUNNEL_DPKG_QUERY} -S ${installed} OUTPUT_VARIABLE owners ERROR_QUIET)
    execute_process(COMMAND ${FERROTUNNEL_DPKG_QUERY} -W -f "\${Package} \${Version}\n" OUTPUT_VARIABLE all
      ERROR_QUIET)
  endif()
  set(names "")
  set(found "")
  foreach(file IN LISTS files)
    set(package "none")
    set(version "none")
    string(REGEX REPLACE "([+.])" "\\\\\\1" pattern "${file}")
    if("\n${owners}" MATCHES "\n([^:, \n]+)[^\n]*: ${pattern}\n")
      set(package "${CMAKE_MATCH_1}")
      string(REGEX REPLACE "([+.])" "\\\\\\1" pattern "${package}")
      if("\n${all}" MATCHES "\n${pattern} ([^\n]+)\n")
        set(version "${CMAKE_MATCH_1}")
      endif()
    endif()
    list(APPEND names "${package}")
    list(APPEND found "${version}")
  endforeach()
  set(${packages} "${names}" PARENT_SCOPE)
  set(${versions} "${found}" PARENT_SCOPE)
endfunction()
