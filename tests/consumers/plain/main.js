import { Backbone, GraftworkError, isSupported } from './graftwork/dist/index.js';

Object.assign(window, { graftwork: { Backbone, GraftworkError, isSupported } });
