// Loads parts of the npm package http-cache-tests. It is not beside this file but in the cache that `make test` fills.

import { pathToFileURL } from 'node:url';

export const folder = pathToFileURL(`${process.env.EVERGATE_TEST_NPM}/node_modules/http-cache-tests/`);

export const suite = (file) => import(new URL(file, folder));
